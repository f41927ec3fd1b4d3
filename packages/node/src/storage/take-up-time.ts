/**
 * When this member takes requests of clients up. Its clock, but never before what another member has said in a forward:
 * who stores at one member and then deletes at another has deleted, although their clocks differ by some seconds.
 */
import { LIMITS, type UnixMillis } from '@starling/protocol'
import type { Clock } from '@starling/runtime'

/** A clock that is further ahead is wrong, or lies: nobody is followed there. */
const MAX_AHEAD = LIMITS.storeTolerance

export class TakeUpTime {
  readonly #clock: Clock
  #latest = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** For a request that comes now. */
  next(): UnixMillis {
    const now = this.#clock.now()
    return this.#latest > now && this.#latest <= now + MAX_AHEAD ? (this.#latest as UnixMillis) : now
  }

  /** Another member took a request up at `at`. */
  see(at: UnixMillis): void {
    if (at > this.next() && at <= this.#clock.now() + MAX_AHEAD) this.#latest = at
  }
}
