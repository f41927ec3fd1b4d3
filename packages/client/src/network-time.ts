/**
 * The network's time, from what nodes say of theirs. Invariants: fewer than three nodes move nothing where there are three
 * to ask; the offset is the median of the last answers of different nodes, so one liar does not shift it; what a node says
 * counts only within what the signed directory allows.
 */
import {
  days,
  type Millis,
  millis,
  minutes,
  type NodeId,
  seconds,
  type UnixMillis,
  unixMillis,
} from '@starling/protocol'
import { type Clock, MutableObservable, type Observable } from '@starling/runtime'

const QUORUM = 3
const MAX_SAMPLES = 9
/** Nodes take part in a directory with a clock that is off by this much at most. */
const NODE_TOLERANCE = minutes(10)
/** No directory is used for longer. */
const FUTURE_BOUND = days(400)
/** What storage nodes tolerate. */
export const TOLERATED_SKEW = seconds(10)

export class NetworkTime {
  readonly #clock: Clock
  /** Our clock minus a node's, by node, oldest first. */
  readonly #samples = new Map<NodeId, number>()
  readonly #skew = new MutableObservable<Millis | undefined>(undefined)
  #offset = 0
  #evidence: UnixMillis | undefined
  #quorum = QUORUM

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Our clock minus the network's, where it is beyond what nodes tolerate. */
  get skew(): Observable<Millis | undefined> {
    return this.#skew
  }

  /** Whether enough nodes were heard. */
  get isMeasured(): boolean {
    return this.#samples.size >= this.#quorum
  }

  now(): UnixMillis {
    return unixMillis(Math.round(this.#clock.now() - this.#offset))
  }

  /** A signed directory of a network of `nodes` nodes says that it is at least `validAfter`. */
  learnDirectory(validAfter: UnixMillis, nodes: number): void {
    this.#evidence = validAfter
    this.#quorum = Math.max(1, Math.min(QUORUM, nodes))
    this.#settle()
  }

  /** A node answered just now that it is `time`. */
  addSample(node: NodeId, time: UnixMillis): void {
    if (this.#evidence !== undefined) {
      if (time < this.#evidence - NODE_TOLERANCE || time > this.#evidence + FUTURE_BOUND) return
    }
    this.#samples.delete(node)
    this.#samples.set(node, this.#clock.now() - time)
    if (this.#samples.size > MAX_SAMPLES) {
      for (const oldest of this.#samples.keys()) {
        this.#samples.delete(oldest)
        break
      }
    }
    this.#settle()
  }

  /** Our clock was set, or the nodes refuse our time: old answers say nothing any more. The offset holds until new ones come. */
  forgetSamples(): void {
    this.#samples.clear()
  }

  #settle(): void {
    if (this.isMeasured) {
      const sorted = [...this.#samples.values()].sort((a, b) => a - b)
      this.#offset = sorted[Math.floor((sorted.length - 1) / 2)]!
    } else if (this.#evidence !== undefined && this.now() < this.#evidence) {
      // Better than nothing: it cannot be earlier than what was signed.
      this.#offset = this.#clock.now() - this.#evidence
    }
    this.#skew.set(Math.abs(this.#offset) > TOLERATED_SKEW ? millis(Math.round(this.#offset)) : undefined)
  }
}
