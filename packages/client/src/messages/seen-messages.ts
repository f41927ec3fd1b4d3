/** What was handled once and is not handled again, though a swarm may serve it for weeks. Cleaned when the swarm has forgotten it, too. */
import { type AccountId, days, fromUtf8, type MessageHash, type UnixMillis, utf8 } from '@starling/protocol'
import type { RecordName, SealedChange, SealedStore } from '../store/sealed-store.ts'
import { numberSort } from '../store/sort-key.ts'
import { TABLES } from '../store/tables.ts'

/** Beyond the expiry that a node names: clocks differ, and a hint may come late. */
const SLACK = days(2)
const LONGEST = days(60)
const LEAST = days(14)
const PAGE = 200

export type SeenKey = MessageHash | `${AccountId} ${UnixMillis}`

export class SeenMessages {
  readonly #store: SealedStore
  /** Makes sort keys unique; where it starts does not matter. */
  #counter = 0

  constructor(store: SealedStore) {
    this.#store = store
  }

  async has(key: SeenKey): Promise<boolean> {
    return (await this.#store.get(nameOf(key))) !== undefined
  }

  /** What to write with the effects of handling it. `expiry` is what a node says: bounded here. */
  mark(key: SeenKey, expiry: UnixMillis, now: UnixMillis): SealedChange[] {
    const until = Math.min(now + LONGEST, Math.max(now + LEAST, expiry + SLACK))
    this.#counter = (this.#counter + 1) % 2 ** 24
    const tail = [this.#counter >> 16, (this.#counter >> 8) & 255, this.#counter & 255]
    const queued: RecordName = {
      table: TABLES.seenByExpiry,
      partition: '',
      sort: numberSort(Math.floor(until), ...tail),
    }
    return [
      { kind: 'put', name: nameOf(key), value: new Uint8Array() },
      { kind: 'put', name: queued, value: utf8(key) },
    ]
  }

  /** Forgets what is over. */
  async clean(now: UnixMillis): Promise<void> {
    for (;;) {
      const range = {
        table: TABLES.seenByExpiry,
        partition: '',
        to: numberSort(Math.max(0, Math.floor(now))),
        limit: PAGE,
      }
      const over = await this.#store.list(range)
      if (over.length === 0) return
      await this.#store.write(
        over.flatMap(({ sort, value }): SealedChange[] => [
          { kind: 'delete', name: nameOf(fromUtf8(value) as SeenKey) },
          { kind: 'delete', name: { table: TABLES.seenByExpiry, partition: '', sort } },
        ]),
      )
    }
  }
}

function nameOf(key: SeenKey): RecordName {
  return { table: TABLES.seen, partition: key, sort: new Uint8Array() }
}
