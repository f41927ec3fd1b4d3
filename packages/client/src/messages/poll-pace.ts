/** How often a node is asked that does not hold its answers. docs/protocol/delivery.md §2. */
import { type Millis, millis, type RandomBytes, seconds } from '@starling/protocol'
import { type Clock, randomInteger } from '@starling/runtime'

const SHORTEST = seconds(2)
const LONGEST = seconds(20)
/** A poll may come late by a twentieth of the silence before it. */
const SHARE = 20
const JITTER = 0.1

export class PollPace {
  readonly #clock: Clock
  readonly #random: RandomBytes
  #lastActivity: Millis

  constructor({ clock, random }: { readonly clock: Clock; readonly random: RandomBytes }) {
    this.#clock = clock
    this.#random = random
    this.#lastActivity = clock.monotonic()
  }

  /** Something arrived or was sent, or somebody looks: news are likely. */
  noteActivity(): void {
    this.#lastActivity = this.#clock.monotonic()
  }

  /** Until the next poll: 2 to 20 s, give or take a tenth, so that clients do not ask in step. */
  next(): Millis {
    const silence = this.#clock.monotonic() - this.#lastActivity
    const pause = Math.min(LONGEST, Math.max(SHORTEST, silence / SHARE))
    const spread = Math.floor(pause * JITTER)
    return millis(Math.round(pause - spread + randomInteger(this.#random, 2 * spread + 1)))
  }
}
