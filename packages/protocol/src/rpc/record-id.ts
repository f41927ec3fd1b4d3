/** What names a change record. @see docs/protocol/replication.md §2 */
import type { Brand, UnixMillis } from '../brand.ts'
import { concatBytes } from '../bytes/bytes.ts'
import { toHex } from '../bytes/hex.ts'
import { safeU64 } from '../codec/codec.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { MalformedInputError } from '../errors.ts'

/** 32 hex digits, for 16 bytes. */
export type RecordId = Brand<string, 'RecordId'>

const SIZE = 16
const time = safeU64<UnixMillis>()

/** The ID of 16 bytes. @throws {MalformedInputError} `record_id`, on another length. */
export function encodeRecordId(bytes: Uint8Array): RecordId {
  if (bytes.length !== SIZE) throw new MalformedInputError('record_id', `${bytes.length} bytes`)
  return toHex(bytes) as RecordId
}

/**
 * The same on all members: of the time of the member that the client asked, and the encoded `clientRequest`.
 *
 * @throws {CodecError} `out_of_bounds`, if `at` is no whole number from 0 to 2^53 − 1.
 */
export function deriveRecordId(crypto: Crypto, at: UnixMillis, request: Uint8Array): RecordId {
  return encodeRecordId(crypto.blake2b(32, concatBytes(time.encode(at), request)).subarray(0, SIZE))
}
