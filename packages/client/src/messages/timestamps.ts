/** Times of own messages: network time, and never the same twice, since author and time name a message. docs/protocol/envelope.md §5. */
import { type Millis, millis, minutes, type UnixMillis, unixMillis } from '@starling/protocol'
import * as z from 'zod/mini'
import type { NetworkTime } from '../network-time.ts'
import { jsonRecord, Singleton } from '../store/json-record.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'

const last = new Singleton({ table: TABLES.singletons, partition: 'last timestamp' }, jsonRecord(z.int()))

const TOLERATED_LEAD = minutes(1)

export class Timestamps {
  readonly #store: SealedStore
  readonly #time: NetworkTime
  #last = 0

  constructor(store: SealedStore, time: NetworkTime) {
    this.#store = store
    this.#time = time
  }

  async load(): Promise<void> {
    this.#last = (await last.get(this.#store)) ?? 0
  }

  /** The next time, at least `lead` after the one before. To be written with `put` in the same write as what it names. */
  next(lead: Millis = millis(0)): UnixMillis {
    const now = this.#time.now()
    // Far ahead: our clock was wrong when we were offline. Its times are not carried on for as long as it was.
    const isWrong = this.#last > now + TOLERATED_LEAD
    this.#last = isWrong ? now : Math.max(now, this.#last + Math.max(1, lead))
    return unixMillis(this.#last)
  }

  put(): SealedChange {
    return last.put(this.#last)
  }
}
