/**
 * Keeps the digests of buckets in step with the items, in the same transaction. A transaction adds one row with all that it
 * changed, because buckets lie on as many pages as there are messages in a group; now and then the rows are folded in.
 * Imports types alone: the writer's thread starts quickly.
 */
import type { DatabaseSync } from 'node:sqlite'
import { ITEM_ID_BYTES } from '../storage/buckets.ts'
import { DamagedError } from './sqlite-failure.ts'

/** Rows of changes before they are folded into the buckets. */
const FOLD_AFTER = 256
/** Of one bucket in a row of changes: number (2), change of the count (4), XOR of the IDs. */
const CHANGE_BYTES = 6 + ITEM_ID_BYTES

type Bucket = { count: number; readonly digest: Uint8Array }

export class BucketTable {
  /** What this transaction has changed so far. */
  readonly #changes = new Map<number, Bucket>()
  readonly #read: () => Map<number, Bucket>
  readonly #statements
  #rows: number | undefined

  constructor(db: DatabaseSync) {
    this.#read = bucketReader(db)
    this.#statements = {
      add: db.prepare('INSERT INTO bucket_changes(changes) VALUES (?)'),
      count: db.prepare('SELECT COUNT(*) AS rows FROM bucket_changes'),
      set: db.prepare('INSERT OR REPLACE INTO buckets(bucket, count, digest) VALUES (?, ?, ?)'),
      removeEmpty: db.prepare('DELETE FROM buckets WHERE count = 0'),
      clear: db.prepare('DELETE FROM bucket_changes'),
    }
  }

  /** @param change 1: the item came; −1: it went. */
  change(bucket: number, itemId: Uint8Array, change: 1 | -1): void {
    const entry = entryOf(this.#changes, bucket)
    entry.count += change
    xorInto(entry.digest, itemId)
  }

  /** Before the commit. */
  flush(): void {
    if (this.#changes.size === 0) return
    const { add, count } = this.#statements
    add.run(encodeChanges(this.#changes))
    this.#rows = (this.#rows ?? Number(count.get()!['rows']) - 1) + 1
    if (this.#rows >= FOLD_AFTER) this.#fold()
    this.#changes.clear()
  }

  rollback(): void {
    this.#changes.clear()
    this.#rows = undefined
  }

  /** How many items there are. */
  itemCount(): number {
    let sum = 0
    for (const { count } of this.#read().values()) sum += count
    return sum
  }

  #fold(): void {
    const { set, removeEmpty, clear } = this.#statements
    for (const [bucket, { count, digest }] of this.#read()) set.run(bucket, count, digest)
    clear.run()
    removeEmpty.run()
    this.#rows = 0
  }
}

/** Reads the buckets as they are, those that have just become empty among them. */
export function bucketReader(db: DatabaseSync): () => Map<number, Bucket> {
  const buckets = db.prepare('SELECT bucket, count, digest FROM buckets')
  const changes = db.prepare('SELECT changes FROM bucket_changes')
  return () => {
    const found = new Map<number, Bucket>()
    for (const { bucket, count, digest } of buckets.all()) {
      if (!(digest instanceof Uint8Array) || digest.length !== ITEM_ID_BYTES) throw new DamagedError()
      found.set(Number(bucket), { count: Number(count), digest })
    }
    for (const row of changes.iterate()) mergeChanges(found, row['changes'])
    return found
  }
}

function encodeChanges(changes: ReadonlyMap<number, Bucket>): Uint8Array {
  const bytes = new Uint8Array(changes.size * CHANGE_BYTES)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const [bucket, { count, digest }] of changes) {
    view.setUint16(at, bucket)
    view.setInt32(at + 2, count)
    bytes.set(digest, at + 6)
    at += CHANGE_BYTES
  }
  return bytes
}

function mergeChanges(buckets: Map<number, Bucket>, changes: unknown): void {
  if (!(changes instanceof Uint8Array) || changes.length % CHANGE_BYTES !== 0) throw new DamagedError()
  const view = new DataView(changes.buffer, changes.byteOffset)
  for (let at = 0; at < changes.length; at += CHANGE_BYTES) {
    const entry = entryOf(buckets, view.getUint16(at))
    entry.count += view.getInt32(at + 2)
    xorInto(entry.digest, changes.subarray(at + 6, at + CHANGE_BYTES))
  }
}

function entryOf(buckets: Map<number, Bucket>, bucket: number): Bucket {
  let entry = buckets.get(bucket)
  if (!entry) {
    entry = { count: 0, digest: new Uint8Array(ITEM_ID_BYTES) }
    buckets.set(bucket, entry)
  }
  return entry
}

function xorInto(target: Uint8Array, bytes: Uint8Array): void {
  for (let index = 0; index < ITEM_ID_BYTES; index++) target[index]! ^= bytes[index]!
}
