/** Lets messages disappear at their time, whether the client ran then or not, and forgets what waited in vain. docs/protocol/conversations.md §3. */
import { hours, type Millis, millis, type UnixMillis } from '@starling/protocol'
import type { Clock, Logger } from '@starling/runtime'
import type { NetworkTime } from '../network-time.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import { StoreError } from '../store/store-error.ts'
import { WakeUp } from '../wake-up.ts'
import { type Due, listDue } from './due-record.ts'
import { deleteEarly, getEarly } from './early-record.ts'
import type { EventLog } from './event-log.ts'
import type { MessageBook } from './message-book.ts'
import type { MessagePlace } from './message-place.ts'

const PAGE = 200
/** The network's time may be measured anew meanwhile. */
const LONGEST_SLEEP = hours(1)

export type ExpiringOptions = {
  readonly clock: Clock
  readonly logger: Logger
  readonly store: SealedStore
  readonly book: MessageBook
  readonly time: NetworkTime
  readonly events: EventLog
  /** It is not to be sent any more: what to write for that. */
  readonly cancel: (place: MessagePlace) => readonly SealedChange[]
}

export class Expiring {
  readonly #options: ExpiringOptions
  readonly #wakeUp: WakeUp
  #next: UnixMillis | undefined

  constructor(options: ExpiringOptions) {
    this.#options = options
    this.#wakeUp = new WakeUp(options.clock)
  }

  /** Something is due at this time: it was written. */
  note(at: UnixMillis): void {
    if (this.#next === undefined || at < this.#next) this.#wakeUp.wake()
  }

  async run(signal: AbortSignal): Promise<void> {
    const { logger } = this.#options
    while (!signal.aborted) {
      let pause: Millis = LONGEST_SLEEP
      try {
        pause = await this.#takeDue(signal)
      } catch (error) {
        if (!(error instanceof StoreError)) throw error
        logger.warn('expiring.failed', { code: error.code })
      }
      await this.#wakeUp.sleep(pause, signal)
    }
  }

  /** How long until the next one. */
  async #takeDue(signal: AbortSignal): Promise<Millis> {
    const { store, time } = this.#options
    for (;;) {
      const due = await listDue(store, 'clock', PAGE)
      const ripe = due.filter(({ at }) => at <= time.now())
      for (const entry of ripe) {
        signal.throwIfAborted()
        await this.#take(entry)
      }
      if (ripe.length === PAGE) continue
      this.#next = due[ripe.length]?.at
      if (this.#next === undefined) return LONGEST_SLEEP
      return millis(Math.min(LONGEST_SLEEP, Math.max(0, this.#next - time.now())))
    }
  }

  async #take({ kind, place, done }: Due): Promise<void> {
    const { book, store, events, time } = this.#options
    if (kind === 'expire') {
      if (await book.expire(place, () => this.#options.cancel(place))) events.note('thisDevice', 'message.expired')
      await store.write([done])
      return
    }
    await book.exclusively(async () => {
      const early = await getEarly(store, place)
      const isOver = early !== undefined && early.until <= time.now()
      await store.write(isOver ? [deleteEarly(place), done] : [done])
    })
  }
}
