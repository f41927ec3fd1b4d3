/**
 * When this member takes requests of clients up. Its clock, but never before what another member has said in a forward:
 * who stores at one member and then deletes at another has deleted, although their clocks differ by some seconds. What
 * comes after a change of expiry has a later time than it: equal times would leave open which of them came first.
 */
import { LIMITS, type UnixMillis, unixMillis } from '@starling/protocol'
import type { Clock } from '@starling/runtime'

/** A clock that is further ahead is wrong, or lies: nobody is followed there. */
const MAX_AHEAD = LIMITS.storeTolerance

export class TakeUpTime {
  readonly #clock: Clock
  #earliest = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** For a request that comes now. */
  next(): UnixMillis {
    const now = this.#clock.now()
    return unixMillis(this.#earliest > now && this.#earliest <= now + MAX_AHEAD ? this.#earliest : now)
  }

  /** For a change of expiry that comes now. */
  nextForExpiry(): UnixMillis {
    const at = this.next()
    this.#earliest = at + 1
    return at
  }

  /** Another member took a request up at `at`. */
  see(at: UnixMillis): void {
    this.#notBefore(at)
  }

  /** Another member took a change of expiry up at `at`. */
  seeExpiry(at: UnixMillis): void {
    this.#notBefore(at + 1)
  }

  #notBefore(time: number): void {
    if (time > this.next() && time <= this.#clock.now() + MAX_AHEAD) this.#earliest = time
  }
}
