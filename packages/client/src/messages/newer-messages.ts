/**
 * Messages in an encryption of a later version: this one cannot open them, nor tell who wrote them, and anybody can lay some
 * there. They are kept as they are, the newest 200, so that a later version finds them. docs/protocol/envelope.md §10.
 */
import { days, type MessageHash, type UnixMillis, utf8 } from '@starling/protocol'
import { MutableObservable, type Observable } from '@starling/runtime'
import { SerialQueue } from '../serial-queue.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import { numberSort } from '../store/sort-key.ts'
import { TABLES } from '../store/tables.ts'

const MOST = 200
/** As long as swarms keep messages, and a while more. */
const LIFE = days(30)
/** So that those of one millisecond have places of their own. */
const HASH_TAIL = 8
const place = { table: TABLES.newerMessages, partition: '' }

export class NewerMessages {
  readonly #store: SealedStore
  readonly #queue = new SerialQueue()
  readonly #count = new MutableObservable(0)

  constructor(store: SealedStore) {
    this.#store = store
  }

  /** How many are kept. */
  get count(): Observable<number> {
    return this.#count
  }

  async load(): Promise<void> {
    this.#count.set((await this.#store.list({ ...place, limit: MOST })).length)
  }

  /** Keeps one with `marks`, that it was seen; the oldest go where there are too many. Durable when it resolves. */
  keep(message: {
    readonly hash: MessageHash
    readonly data: Uint8Array
    readonly now: UnixMillis
    readonly marks: readonly SealedChange[]
  }): Promise<void> {
    const { hash, data, now, marks } = message
    return this.#queue.run(async () => {
      const kept = await this.#store.list({ ...place, limit: MOST })
      const tooOld = await this.#store.list({ ...place, to: numberSort(Math.max(0, now - LIFE)), limit: MOST })
      const gone = Math.max(tooOld.length, kept.length + 1 - MOST)
      const sort = numberSort(now, ...utf8(hash).subarray(0, HASH_TAIL))
      await this.#store.write([
        ...kept
          .slice(0, gone)
          .map((record): SealedChange => ({ kind: 'delete', name: { ...place, sort: record.sort } })),
        { kind: 'put', name: { ...place, sort }, value: data },
        ...marks,
      ])
      this.#count.set(kept.length - gone + 1)
    })
  }
}
