import type { Millis } from '@starling/protocol'
import type { Clock } from '@starling/runtime'

/** A sleep that somebody can end early. A wake-up that finds nobody asleep is kept for the next sleep. */
export class WakeUp {
  readonly #clock: Clock
  #isWoken = false
  #wake: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  wake(): void {
    this.#isWoken = true
    this.#wake?.()
  }

  /** Resolves after `delay` or a wake-up; without a delay only after a wake-up. Rejects when `signal` aborts. */
  async sleep(delay: Millis | undefined, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (!this.#isWoken) {
      const timer = new AbortController()
      const end = () => timer.abort()
      this.#wake = end
      signal.addEventListener('abort', end, { once: true })
      try {
        await (delay === undefined ? aborted(timer.signal) : this.#clock.sleep(delay, { signal: timer.signal }))
      } catch (error) {
        if (!timer.signal.aborted) throw error
      } finally {
        signal.removeEventListener('abort', end)
        this.#wake = undefined
      }
    }
    signal.throwIfAborted()
    this.#isWoken = false
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
