import { type Millis, millis, unixMillis } from '@starling/protocol'
import { untilDone } from './abort.ts'
import type { Clock } from './clock.ts'

/** `setTimeout` fires at once for anything longer: 24.8 days. */
const LONGEST_TIMER = 2 ** 31 - 1

/** The machine's clock. Sleeps of any length; one that is not positive lasts for a turn of the event loop. */
export function systemClock(): Clock {
  return {
    now: () => unixMillis(Date.now()),
    monotonic: () => millis(performance.now()),
    sleep: (delay, { signal }) => untilDone(signal, (done) => startTimer(delay, done)),
  }
}

/** Returns what stops the timer. */
function startTimer(delay: Millis, done: () => void): () => void {
  let left = Math.max(0, delay)
  let timer = arm()
  function arm() {
    const part = Math.min(left, LONGEST_TIMER)
    left -= part
    return setTimeout(fire, part)
  }
  function fire(): void {
    if (left > 0) timer = arm()
    else done()
  }
  return () => clearTimeout(timer)
}
