/**
 * Buckets: 4,096 equal parts of the swarm space, in which members compare what they hold. Imports types alone: the writer's
 * thread starts quickly.
 */
import { Buffer } from 'node:buffer'
import type { MessageHash, Owner, RecordId } from '@starling/protocol'

export const BUCKET_COUNT = 4096

/** What names an item among those of its bucket: 16 bytes. */
export const ITEM_ID_BYTES = 16

/** The bucket of an owner: the upper 12 bits of its position in the swarm space, 0 … 4095. */
export function bucketOf(owner: Owner): number {
  const byte = (index: number) => Number.parseInt(owner.slice(2 * index, 2 * index + 2), 16)
  // Byte 0 is the prefix; a position is the XOR of the four quarters of the key.
  const upper = byte(1) ^ byte(9) ^ byte(17) ^ byte(25)
  const lower = byte(2) ^ byte(10) ^ byte(18) ^ byte(26)
  return (upper << 4) | (lower >> 4)
}

/** The first 16 bytes of the hash. */
export function itemIdOf(hash: MessageHash): Uint8Array {
  return new Uint8Array(Buffer.from(hash, 'base64').subarray(0, ITEM_ID_BYTES))
}

/** The 16 bytes of a record's ID. */
export function recordItemId(id: RecordId): Uint8Array {
  return new Uint8Array(Buffer.from(id, 'hex'))
}
