/**
 * The network's time, from what nodes say of theirs. Invariants: fewer than three nodes move nothing where there are three
 * to ask; the offset is the median of the last answers of different nodes, so that a liar, or fewer than half of them, shift
 * it no further than some honest node does; what a node says counts only within what the signed directory allows. See
 * docs/protocol/delivery.md §3.
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
/** Nothing of this network is older: the end of 2020. */
const EARLIEST = unixMillis(1_609_419_600_000)
/** What storage nodes tolerate. */
export const TOLERATED_SKEW = seconds(10)
/** A clock that ran so much apart from the monotonic one was set. */
const JUMP = seconds(5)

export type NetworkTimeOptions = {
  /** Our clock was set, or the device slept: what was measured counts no more. */
  readonly onJump?: () => void
}

export class NetworkTime {
  readonly #clock: Clock
  readonly #onJump: () => void
  /** Our clock minus a node's, by node, oldest first. */
  #samples = new Map<NodeId, number>()
  /** Of a measurement under way: they take the place of the others as soon as there are enough. */
  #fresh: Map<NodeId, number> | undefined
  readonly #skew = new MutableObservable<Millis | undefined>(undefined)
  #offset = 0
  #evidence: UnixMillis | undefined
  #quorum = QUORUM
  /** Our clock minus the monotonic one. */
  #drift: number

  constructor(clock: Clock, { onJump = () => {} }: NetworkTimeOptions = {}) {
    this.#clock = clock
    this.#onJump = onJump
    this.#drift = clock.now() - clock.monotonic()
  }

  /** Our clock minus the network's, where it is beyond what nodes tolerate. */
  get skew(): Observable<Millis | undefined> {
    return this.#skew
  }

  /** Whether enough nodes were heard. */
  get isMeasured(): boolean {
    return this.#samples.size >= this.#quorum
  }

  /** Whether more than half of them, and enough, say about the same. If not, more should be asked. */
  get isAgreed(): boolean {
    if (this.#fresh !== undefined) return false
    const near = [...this.#samples.values()].filter((sample) => Math.abs(sample - this.#offset) <= TOLERATED_SKEW)
    return this.isMeasured && near.length >= this.#quorum && near.length * 2 > this.#samples.size
  }

  /** Our clock minus the network's, in ms. */
  get offset(): number {
    return this.#offset
  }

  now(): UnixMillis {
    this.#watchClock()
    return unixMillis(Math.round(this.#clock.now() - this.#offset))
  }

  /** What was measured before the last restart: better than nothing until nodes are heard. */
  restore(offset: number): void {
    if (this.#samples.size > 0) return
    this.#offset = offset
    this.#settle()
  }

  /** A signed directory of a network of `nodes` nodes says that it is at least `validAfter`. */
  learnDirectory(validAfter: UnixMillis, nodes: number): void {
    this.#evidence = validAfter
    this.learnNodes(nodes)
  }

  /** So many nodes there are to ask. */
  learnNodes(nodes: number): void {
    this.#quorum = Math.max(1, Math.min(QUORUM, nodes))
    this.#settle()
  }

  /** A node answered just now that it is `time`; asking and answering took `roundTrip`, of which half is taken as the way back. */
  addSample(node: NodeId, time: UnixMillis, roundTrip: Millis = millis(0)): void {
    this.#watchClock()
    if (time < EARLIEST) return
    if (this.#evidence !== undefined) {
      if (time < this.#evidence - NODE_TOLERANCE || time > this.#evidence + FUTURE_BOUND) return
    }
    const samples = this.#fresh ?? this.#samples
    samples.delete(node)
    samples.set(node, this.#clock.now() - (time + roundTrip / 2))
    if (samples.size > MAX_SAMPLES) {
      for (const oldest of samples.keys()) {
        samples.delete(oldest)
        break
      }
    }
    if (this.#fresh !== undefined && this.#fresh.size >= this.#quorum) {
      this.#samples = this.#fresh
      this.#fresh = undefined
    }
    this.#settle()
  }

  /** From now on only new answers count, once there are enough of them. Until then the offset holds. */
  measureAnew(): void {
    this.#fresh = new Map()
  }

  /**
   * Both clocks run alike unless ours was set, or the device slept, when the monotonic one may stand still. Only setting
   * moves our clock back: then the offset moves with it. Otherwise only new answers tell.
   */
  #watchClock(): void {
    const drift = this.#clock.now() - this.#clock.monotonic()
    const jump = drift - this.#drift
    if (Math.abs(jump) < JUMP) return
    this.#drift = drift
    if (jump < 0) {
      this.#samples = new Map([...this.#samples].map(([node, sample]) => [node, sample + jump]))
      this.#offset += jump
      this.#settle()
    }
    this.measureAnew()
    this.#onJump()
  }

  #settle(): void {
    if (this.isMeasured) {
      const sorted = [...this.#samples.values()].sort((a, b) => a - b)
      this.#offset = sorted[Math.floor((sorted.length - 1) / 2)]!
    } else if (this.#evidence !== undefined && this.#clock.now() - this.#offset < this.#evidence) {
      // Better than nothing: it cannot be earlier than what was signed.
      this.#offset = this.#clock.now() - this.#evidence
    }
    this.#skew.set(Math.abs(this.#offset) > TOLERATED_SKEW ? millis(Math.round(this.#offset)) : undefined)
  }
}
