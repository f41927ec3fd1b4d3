/** A rest that something can cut short. */
import type { Millis } from '@starling/protocol'
import type { Clock } from '@starling/runtime'

export class Waker {
  readonly #clock: Clock
  #armed = new AbortController()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** From now on `wake` cuts the next rest short, also if it does not rest yet. */
  arm(): void {
    if (this.#armed.signal.aborted) this.#armed = new AbortController()
  }

  wake(): void {
    this.#armed.abort()
  }

  /** Resolves after `delay` or when woken; rejects when `signal` aborts. */
  async rest(delay: Millis, signal: AbortSignal): Promise<void> {
    const woken = this.#armed.signal
    try {
      await this.#clock.sleep(delay, { signal: AbortSignal.any([signal, woken]) })
    } catch (error) {
      if (signal.aborted || !woken.aborted) throw error
    }
  }
}
