/** Where an account stands in the swarm space. @see docs/protocol/swarms.md §1 */
import { CodecError } from '../codec/codec.ts'

/**
 * The position of the owner of storage: its key of 32 bytes, without the prefix of the account ID, folded to 64 bits.
 *
 * @throws {CodecError} `out_of_bounds`, if the key has another size.
 */
export function swarmPosition(ownerKey: Uint8Array): bigint {
  if (ownerKey.length !== 32) throw new CodecError('out_of_bounds', `${ownerKey.length} bytes, not 32`)
  const view = new DataView(ownerKey.buffer, ownerKey.byteOffset, 32)
  return view.getBigUint64(0) ^ view.getBigUint64(8) ^ view.getBigUint64(16) ^ view.getBigUint64(24)
}
