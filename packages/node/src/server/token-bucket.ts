/** A rate that forgives a burst: so many at once, then so many a second. No timer, one number a bucket. */

export type Rate = {
  /** Milliseconds from one token to the next. */
  readonly interval: number
  /** Tokens of a full bucket. */
  readonly burst: number
}

export function rateOf(perSecond: number, options: { readonly burstSeconds: number }): Rate {
  return { interval: 1000 / perSecond, burst: Math.max(1, Math.round(perSecond * options.burstSeconds)) }
}

export class TokenBucket {
  /** On the clock of `take`: the whole state. */
  #fullAt = 0

  /** Takes one token at the time `now` (monotonic, ms): 0, or the milliseconds until there is one. Refusing costs nothing. */
  take(rate: Rate, now: number): number {
    const fullAt = Math.max(this.#fullAt, now) + rate.interval
    // The bucket would be full `burst` intervals after it was empty: a later moment is a token that is not there.
    const wait = fullAt - now - rate.burst * rate.interval
    // Not 0: adding intervals leaves a rest of rounding.
    if (wait > 1e-6) return wait
    this.#fullAt = fullAt
    return 0
  }

  /** Takes tokens that were used up already; what is not there is owed, and waited for by who comes next. */
  spend(tokens: number, rate: Rate, now: number): void {
    this.#fullAt = Math.max(this.#fullAt, now) + tokens * rate.interval
  }

  /** Milliseconds until it is full: 0 for one that says nothing about its owner any more. */
  untilFull(now: number): number {
    return Math.max(0, this.#fullAt - now)
  }
}
