/**
 * What we think of nodes, from how requests through and to them ended; who is to blame for what stands in docs/protocol/paths.md
 * §4. In memory only: a restart forgives everybody.
 */
import type { Millis, NodeId } from '@starling/protocol'
import { minutes, seconds } from '@starling/protocol'
import type { Clock } from '@starling/runtime'

const FIRST_PAUSE = seconds(30)
const LONGEST_PAUSE = minutes(10)
/** After so long a failure counts half. */
const HALF_LIFE = minutes(10)
/** More than the nodes that a client speaks to; beyond it the oldest is forgotten. */
const MAX_REMEMBERED = 1000

type Record = {
  readonly strikes: number
  readonly at: Millis
  readonly suspectUntil: Millis
  readonly answering: boolean
}

/**
 * Invariants: a node is suspect for a bounded time after a failure, twice as long after each further one; what it did is
 * forgotten by half every ten minutes, and at once when it answers.
 */
export class NodeHealth {
  readonly #clock: Clock
  readonly #records = new Map<NodeId, Record>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** It answered: everything is forgiven. */
  succeeded(node: NodeId): void {
    this.#put(node, { strikes: 0, at: this.#clock.monotonic(), suspectUntil: 0 as Millis, answering: true })
  }

  /**
   * A request failed that it took part in. `weight` 1: it is named by a typed error; less: it is one of several that it may
   * have been. From a sum of 1 on it is suspect.
   */
  failed(node: NodeId, weight: number): void {
    const before = this.#records.get(node)
    const now = this.#clock.monotonic()
    const strikes = (before === undefined ? 0 : before.strikes * 0.5 ** ((now - before.at) / HALF_LIFE)) + weight
    const pause = strikes < 1 ? 0 : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (strikes - 1))
    const suspectUntil = Math.max(before?.suspectUntil ?? 0, now + pause) as Millis
    const answering = weight < 1 && (before?.answering ?? true)
    this.#put(node, { strikes, at: now, suspectUntil, answering })
  }

  /** Better not used while there are others. */
  isSuspect(node: NodeId): boolean {
    const record = this.#records.get(node)
    return record !== undefined && this.#clock.monotonic() < record.suspectUntil
  }

  /** Whether it answered last; true of a node that was never asked. */
  isAnswering(node: NodeId): boolean {
    return this.#records.get(node)?.answering ?? true
  }

  #put(node: NodeId, record: Record): void {
    this.#records.delete(node)
    this.#records.set(node, record)
    if (this.#records.size <= MAX_REMEMBERED) return
    for (const oldest of this.#records.keys()) {
      this.#records.delete(oldest)
      return
    }
  }
}
