/** Items of storage, messages and change records alike, by their IDs and on their way between members. */
import {
  CodecError,
  compareBytes,
  encodeRecordId,
  FETCH_BYTES,
  MalformedInputError,
  type MessageHash,
  type Owner,
  type RecordId,
  type TransferItem,
  toHex,
  transferReply,
} from '@starling/protocol'
import { PeerError } from '../peer-error.ts'
import { itemIdOf, recordItemId } from './buckets.ts'
import type { ChangeRecord } from './change-record.ts'
import type { NodeStore, StoredMessage } from './node-store.ts'

/** Of one reading of IDs, at least. */
const PAGE = 64
/** Items that are read at a time: those that do not fit any more are read in vain. */
const READ_AT_ONCE = 16

export type StoredItem =
  | { readonly kind: 'message'; readonly message: StoredMessage }
  | { readonly kind: 'record'; readonly record: ChangeRecord }

export function itemOf(item: StoredItem): TransferItem {
  return item.kind === 'message'
    ? { ...item.message, kind: 'message' }
    : { kind: 'record', at: item.record.at, request: item.record.request }
}

export type ReadItem = {
  /** 16 bytes. */
  readonly id: Uint8Array
  readonly owner: Owner
  readonly item: TransferItem
  readonly sizeBytes: number
  /** What the store calls it. */
  readonly name:
    | { readonly kind: 'message'; readonly hash: MessageHash }
    | { readonly kind: 'record'; readonly id: RecordId }
}

/** The items of a bucket with those IDs that are here, in no particular order. */
export async function readItems(store: NodeStore, bucket: number, ids: readonly Uint8Array[]): Promise<ReadItem[]> {
  const [messages, records] = await Promise.all([
    store.messagesByItem(ids.map((id) => ({ bucket, id }))),
    store.recordsById(ids.map(encodeRecordId)),
  ])
  return [
    ...messages.map((message): ReadItem => {
      const { owner, hash, data, authorisation } = message
      const name = { kind: 'message', hash } as const
      return {
        id: itemIdOf(hash),
        owner,
        item: itemOf({ kind: 'message', message }),
        sizeBytes: data.length + authorisation.length,
        name,
      }
    }),
    ...records.map((record): ReadItem => {
      const { owner, id, request } = record
      return {
        id: recordItemId(id),
        owner,
        item: itemOf({ kind: 'record', record }),
        sizeBytes: request.length,
        name: { kind: 'record', id },
      }
    }),
  ]
}

/**
 * The items of the first of `ids`: as many as fit a megabyte, one at least. `served`: how many of the IDs that are; what
 * `items` lacks of them is not here.
 */
export async function readSome(
  store: NodeStore,
  bucket: number,
  ids: readonly Uint8Array[],
): Promise<{ readonly items: readonly ReadItem[]; readonly served: number }> {
  const items: ReadItem[] = []
  let size = 0
  for (let at = 0; at < ids.length; at += READ_AT_ONCE) {
    const chunk = ids.slice(at, at + READ_AT_ONCE)
    const found = new Map((await readItems(store, bucket, chunk)).map((item) => [toHex(item.id), item]))
    for (const [index, id] of chunk.entries()) {
      const item = found.get(toHex(id))
      if (!item) continue
      // A frame holds ten megabytes, and each item may be one.
      if (items.length > 0 && size + item.sizeBytes > FETCH_BYTES) return { items, served: at + index }
      items.push(item)
      size += item.sizeBytes
    }
  }
  return { items, served: ids.length }
}

/** Those of `ids` that are no items of the bucket here. Best if they lie close together: all between them are looked at. */
export async function missingIn(store: NodeStore, bucket: number, ids: readonly Uint8Array[]): Promise<Uint8Array[]> {
  if (ids.length === 0) return []
  const sorted = ids.toSorted(compareBytes)
  const last = sorted.at(-1)!
  const limit = Math.max(PAGE, ids.length)
  const held = new Set<string>()
  for (let after = before(sorted[0]!); ; ) {
    const page = await store.itemsIn(bucket, { ...(after && { after }), limit })
    for (const { id } of page) held.add(toHex(id))
    after = page.at(-1)?.id
    if (page.length < limit || after === undefined || compareBytes(after, last) >= 0) break
  }
  return sorted.filter((id) => !held.has(toHex(id)))
}

/** The ID that comes just before; nothing before the first. */
function before(id: Uint8Array): Uint8Array | undefined {
  const lower = Uint8Array.from(id) // not `slice`, which does not copy a `Buffer`
  for (let index = lower.length - 1; index >= 0; index--) {
    lower[index]!--
    if (lower[index] !== 0xff) return lower
  }
  return undefined
}

/** What a member answered to the transfer of `count` items. @throws {PeerError} `refused`, if that is no such answer. */
export function decodeOutcomes(body: Uint8Array, count: number): readonly number[] {
  return decodeAnswer(() => {
    const codes = transferReply.decode(body)
    return codes.length === count ? codes : undefined
  })
}

/** @throws {PeerError} `refused`, if `decode` returns nothing or cannot decode. */
export function decodeAnswer<T>(decode: () => T | undefined): T {
  let cause: unknown
  try {
    const answer = decode()
    if (answer !== undefined) return answer
  } catch (error) {
    if (!(error instanceof CodecError || error instanceof MalformedInputError)) throw error
    cause = error
  }
  throw new PeerError('refused', { cause })
}
