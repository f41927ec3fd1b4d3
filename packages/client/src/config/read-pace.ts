/**
 * When read positions are pushed: at once after a quiet time, and the longer the pauses the longer somebody reads on. They
 * change with every message, and a device that shows them a few seconds late harms nobody.
 */
import { type Millis, millis, seconds } from '@starling/protocol'

const FIRST_PAUSE = millis(500)
const LONGEST_PAUSE = seconds(5)
const QUIET = seconds(15)

export class ReadPace {
  #pushedAt = Number.NEGATIVE_INFINITY
  #pause: Millis = FIRST_PAUSE

  /** How long to wait; 0: push. `now` is monotonic. */
  remaining(now: number): Millis {
    return millis(Math.max(0, this.#pushedAt + this.#pause - now))
  }

  pushed(now: number): void {
    const isQuiet = now - this.#pushedAt >= QUIET
    this.#pause = isQuiet ? FIRST_PAUSE : millis(Math.min(2 * this.#pause, LONGEST_PAUSE))
    this.#pushedAt = now
  }
}
