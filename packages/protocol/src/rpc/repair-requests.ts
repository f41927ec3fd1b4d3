/**
 * How members of a swarm compare what they hold, and fetch or offer what one of them lacks. An *item* is a stored message
 * or a change record; its ID is the first 16 bytes of the message's hash, or the record's ID. A *bucket* is a 4,096th of
 * the ring of owners. @see docs/protocol/replication.md §5
 */
import {
  bytes,
  type Codec,
  CodecError,
  codec,
  constant,
  type Decoded,
  list,
  struct,
  u8,
  u16be,
  u32be,
} from '../codec/codec.ts'
import { MAX_TRANSFER_ITEMS, ownerCodec, transferItem } from './member-requests.ts'

const BUCKET_COUNT = 4096
const ITEM_ID_SIZE = 16
/** Of one answer to `list`. */
export const MAX_LISTED_ITEMS = 4096
/** Of one `fetch` or `offer`. */
export const MAX_ITEMS = MAX_TRANSFER_ITEMS
/** What an answer to `fetch` holds at most, unless a single item is larger. */
export const FETCH_BYTES = 1_048_576

const itemId = bytes(ITEM_ID_SIZE)

const bucketNumber: Codec<number> = codec(
  (bucket, out) => u16be.write(checkBucket(bucket), out),
  (reader) => checkBucket(u16be.read(reader)),
)

function checkBucket(bucket: number): number {
  if (bucket >= BUCKET_COUNT) throw new CodecError('out_of_bounds', `bucket ${bucket}`)
  return bucket
}

/** A list in which bucket numbers ascend. */
function byBucket<T extends { readonly bucket: number }>(item: Codec<T>): Codec<readonly T[]> {
  const inner = list(u16be, item, { max: BUCKET_COUNT })
  const check = (items: readonly T[]) => {
    if (items.some(({ bucket }, index) => index > 0 && bucket <= items[index - 1]!.bucket))
      throw new CodecError('not_canonical', 'order of buckets')
    return items
  }
  return codec(
    (items, out) => inner.write(check(items), out),
    (reader) => check(inner.read(reader)),
  )
}

const bool: Codec<boolean> = codec(
  (value, out) => u8.write(value ? 1 : 0, out),
  (reader) => {
    const value = u8.read(reader)
    if (value > 1) throw new CodecError('not_canonical', 'boolean')
    return value === 1
  },
)

function optional<T>(inner: Codec<T>): Codec<T | undefined> {
  return codec(
    (value, out) => {
      bool.write(value !== undefined, out)
      if (value !== undefined) inner.write(value, out)
    },
    (reader) => (bool.read(reader) ? inner.read(reader) : undefined),
  )
}

/** The buckets of the asker that are not empty, with the number of their items and the XOR of their IDs. */
export const digestsRequest = struct({
  version: constant(u8, 1),
  buckets: byBucket(struct({ bucket: bucketNumber, count: u32be, digest: itemId })),
})
/** The buckets of the answerer that are not empty and differ from the asker's, and how many items it has in each. */
export const digestsReply = byBucket(struct({ bucket: bucketNumber, count: u32be }))

/** Items of a bucket that both sides are to hold, in the order of their IDs, from the one behind `after` on. */
export const listRequest = struct({ version: constant(u8, 1), bucket: bucketNumber, after: optional(itemId) })
/** `next`: to go on with as `after`; nothing, if that was all. */
export const listReply = struct({
  ids: list(u16be, itemId, { max: MAX_LISTED_ITEMS }),
  next: optional(itemId),
})

/** Items of one bucket, in the order of their IDs. */
export const fetchRequest = struct({
  version: constant(u8, 1),
  bucket: bucketNumber,
  ids: list(u16be, itemId, { max: MAX_ITEMS }),
})
/** `served`: so many of the IDs, from the first on, are dealt with: what `items` lacks of them is not here any more. */
export const fetchReply = struct({
  served: u16be,
  items: list(u16be, transferItem, { max: MAX_ITEMS }),
})

const offeredItem = struct({ owner: ownerCodec, id: itemId })
export type OfferedItem = Decoded<typeof offeredItem>

/** Items of one bucket, in the order of their IDs, that belong to the swarm of who is asked, and not to the asker's. */
export const offerRequest = struct({
  version: constant(u8, 1),
  bucket: bucketNumber,
  items: list(u16be, offeredItem, { max: MAX_ITEMS }),
})
/** For each item: it is there, it is `missing`, or its owner is not of that swarm as far as its directory goes. */
export const OFFER_ANSWERS = { here: 0, missing: 1, elsewhere: 2 } as const
export const offerReply = list(u16be, u8, { max: MAX_ITEMS })
