/**
 * Asks the own swarm how long it keeps messages whose time runs here, so that all devices of the account let them disappear
 * when the first reader does. What is to be asked is on the disk until it was answered. docs/protocol/conversations.md §3.
 */
import {
  hours,
  type MessageHash,
  type Millis,
  millis,
  type RandomBytes,
  seconds,
  type UnixMillis,
} from '@starling/protocol'
import { backoff, type Clock, type Logger } from '@starling/runtime'
import type { NetworkTime } from '../network-time.ts'
import type { Paths } from '../paths/paths.ts'
import type { SealedStore } from '../store/sealed-store.ts'
import { StoreError } from '../store/store-error.ts'
import { RequestError } from '../swarm/request-error.ts'
import { WakeUp } from '../wake-up.ts'
import { type Due, listDue } from './due-record.ts'
import type { MessageBook } from './message-book.ts'
import type { OwnSwarm } from './own-swarm.ts'

/** Messages of one request: with 8 hashes each it stays below 50 kB. */
const PAGE = 100
/** What comes together is asked together. */
const BATCHED_FOR = seconds(1)
const RETRY_BASE = seconds(2)
const RETRY_LIMIT = hours(1)

export type LearningExpiriesOptions = {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  readonly store: SealedStore
  readonly book: MessageBook
  readonly time: NetworkTime
  readonly paths: Paths
  readonly ownSwarm: Pick<OwnSwarm, 'expiries'>
}

export class LearningExpiries {
  readonly #options: LearningExpiriesOptions
  readonly #wakeUp: WakeUp
  #next: UnixMillis | undefined

  constructor(options: LearningExpiriesOptions) {
    this.#options = options
    this.#wakeUp = new WakeUp(options.clock)
  }

  /** Something is to be asked at this time: it was written. */
  note(at: UnixMillis): void {
    if (this.#next === undefined || at < this.#next) this.#wakeUp.wake()
  }

  async run(signal: AbortSignal): Promise<void> {
    const { logger, random } = this.#options
    let failures = 0
    while (!signal.aborted) {
      let pause: Millis | undefined
      try {
        pause = await this.#askRipe(signal)
        failures = 0
      } catch (error) {
        if (!(error instanceof RequestError || error instanceof StoreError)) throw error
        logger.debug('expiries.failed', { code: error.code, attempt: failures })
        pause = backoff({ attempt: failures++, base: RETRY_BASE, limit: RETRY_LIMIT, random })
      }
      await this.#wakeUp.sleep(pause, signal)
    }
  }

  /** How long until the next one; `undefined`: until there is one. */
  async #askRipe(signal: AbortSignal): Promise<Millis | undefined> {
    const { store, time, paths } = this.#options
    for (;;) {
      const due = await listDue(store, 'learn', PAGE)
      const ripe = due.filter(({ at }) => at <= time.now() + BATCHED_FOR)
      if (ripe.length === 0) {
        this.#next = due[0]?.at
        return this.#next === undefined ? undefined : millis(Math.max(0, this.#next - time.now()))
      }
      await paths.connected(signal)
      await this.#ask(ripe, signal)
    }
  }

  async #ask(ripe: readonly Due[], signal: AbortSignal): Promise<void> {
    const { book, ownSwarm } = this.#options
    const hashes = new Set<MessageHash>()
    for (const { place } of ripe) for (const hash of (await book.get(place))?.hashes ?? []) hashes.add(hash)
    const expiries = hashes.size === 0 ? new Map() : await ownSwarm.expiries([...hashes], signal)
    for (const due of ripe) await book.learnExpiry(due, expiries)
  }
}
