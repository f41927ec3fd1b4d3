/** Keeps the digests of buckets in step with the items, in the same transaction. */
import type { DatabaseSync } from 'node:sqlite'
import { ITEM_ID_BYTES } from '../storage/buckets.ts'
import { DamagedError } from './sqlite-failure.ts'

type Delta = { count: number; readonly digest: Uint8Array }

export class BucketTable {
  /** What this transaction has changed so far: a group touches the same bucket often. */
  readonly #deltas = new Map<number, Delta>()
  readonly #statements

  constructor(db: DatabaseSync) {
    this.#statements = {
      get: db.prepare('SELECT count, digest FROM buckets WHERE bucket = ?'),
      set: db.prepare('INSERT OR REPLACE INTO buckets(bucket, count, digest) VALUES (?, ?, ?)'),
      remove: db.prepare('DELETE FROM buckets WHERE bucket = ?'),
    }
  }

  /** @param change 1: the item came; −1: it went. */
  change(bucket: number, itemId: Uint8Array, change: 1 | -1): void {
    let delta = this.#deltas.get(bucket)
    if (!delta) {
      delta = { count: 0, digest: new Uint8Array(ITEM_ID_BYTES) }
      this.#deltas.set(bucket, delta)
    }
    delta.count += change
    xorInto(delta.digest, itemId)
  }

  /** Before the commit. */
  flush(): void {
    const { get, set, remove } = this.#statements
    for (const [bucket, { count, digest }] of this.#deltas) {
      const row = get.get(bucket)
      const held = row?.['digest']
      if (held instanceof Uint8Array && held.length === ITEM_ID_BYTES) xorInto(digest, held)
      else if (row) throw new DamagedError()
      const items = count + Number(row?.['count'] ?? 0)
      if (items > 0) set.run(bucket, items, digest)
      else remove.run(bucket)
    }
    this.#deltas.clear()
  }

  rollback(): void {
    this.#deltas.clear()
  }
}

function xorInto(target: Uint8Array, bytes: Uint8Array): void {
  for (let index = 0; index < ITEM_ID_BYTES; index++) target[index]! ^= bytes[index]!
}
