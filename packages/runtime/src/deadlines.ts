/**
 * Minds the deadlines of many requests with one timer. Invariants: while a request is pending, a sleep is under way that
 * ends no later than its deadline; the loop ends by itself at the first wake-up at which nothing is pending.
 */
import type { Millis } from '@starling/protocol'
import type { Clock } from './clock.ts'
import type { PendingRequest } from './pending-request.ts'

/** A constant, because the default reason is an exception with a stack. Nobody sees it. */
const EARLIER = 'earlier'

export class Deadlines {
  readonly #clock: Clock
  readonly #pending: ReadonlyMap<number, PendingRequest>
  #sleep: { readonly until: Millis; readonly controller: AbortController } | undefined

  /** @param pending of whom to mind the deadlines; those that are over are taken out by expiring them */
  constructor(clock: Clock, pending: ReadonlyMap<number, PendingRequest>) {
    this.#clock = clock
    this.#pending = pending
  }

  /** A request with this deadline is pending. */
  watch(deadline: Millis): void {
    if (this.#sleep !== undefined && this.#sleep.until <= deadline) return
    this.#sleep?.controller.abort(EARLIER)
    this.#arm(deadline)
  }

  /** Nothing is pending any more, and nothing will be. */
  stop(): void {
    this.#sleep?.controller.abort(EARLIER)
    this.#sleep = undefined
  }

  #arm(until: Millis): void {
    const sleep = { until, controller: new AbortController() }
    this.#sleep = sleep
    const delay = Math.max(0, until - this.#clock.monotonic()) as Millis
    void this.#clock.sleep(delay, { signal: sleep.controller.signal }).then(
      () => this.#wake(),
      () => {}, // stopped, or another sleep has taken its place
    )
  }

  #wake(): void {
    this.#sleep = undefined
    const now = this.#clock.monotonic()
    let next = Number.POSITIVE_INFINITY
    for (const request of [...this.#pending.values()]) {
      if (request.deadline <= now) request.expire()
      else next = Math.min(next, request.deadline)
    }
    if (next < Number.POSITIVE_INFINITY) this.#arm(next as Millis)
  }
}
