import { monitorEventLoopDelay } from 'node:perf_hooks'
import { seconds } from '@starling/protocol'
import type { Clock } from '@starling/runtime'

const WINDOW = seconds(10)
const RESOLUTION_MS = 50

/** How late the event loop is: the 99th percentile of the last whole window of ten seconds, in milliseconds. */
export class EventLoopDelay {
  #last = 0

  get p99Millis(): number {
    return this.#last
  }

  /** Measures until `signal` aborts. */
  async run(clock: Clock, signal: AbortSignal): Promise<void> {
    const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
    histogram.enable()
    try {
      while (!signal.aborted) {
        await clock.sleep(WINDOW, { signal })
        // Nanoseconds; the timer's own period is in them.
        this.#last = Math.max(histogram.percentile(99) / 1e6 - RESOLUTION_MS, 0)
        histogram.reset()
      }
    } finally {
      histogram.disable()
    }
  }
}
