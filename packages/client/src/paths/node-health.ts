/** What we think of nodes, from how requests through and to them ended. In memory only: a restart forgives everybody. */
import type { Millis, NodeId } from '@starling/protocol'
import { minutes, seconds } from '@starling/protocol'
import type { Clock } from '@starling/runtime'

const FIRST_PAUSE = seconds(30)
const LONGEST_PAUSE = minutes(10)
/** More than the nodes that a client speaks to; beyond it the oldest is forgotten. */
const MAX_REMEMBERED = 1000

type Record = { readonly strikes: number; readonly suspectUntil: Millis; readonly answering: boolean }

/** Invariant: a node is suspect for a bounded time after a failure, twice as long after each further one. */
export class NodeHealth {
  readonly #clock: Clock
  readonly #records = new Map<NodeId, Record>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** It answered: everything is forgiven. */
  succeeded(node: NodeId): void {
    this.#put(node, { strikes: 0, suspectUntil: 0 as Millis, answering: true })
  }

  /**
   * A request failed that it took part in. `weight` 1: it is named by a typed error; less: it is one of several that it may
   * have been. From a sum of 1 on it is suspect.
   */
  failed(node: NodeId, weight: number): void {
    const before = this.#records.get(node)
    const strikes = (before?.strikes ?? 0) + weight
    const pause = strikes < 1 ? 0 : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.floor(strikes - 1))
    const answering = weight < 1 && (before?.answering ?? true)
    this.#put(node, { strikes, suspectUntil: (this.#clock.monotonic() + pause) as Millis, answering })
  }

  /** Better not used while there are others. */
  isSuspect(node: NodeId): boolean {
    const record = this.#records.get(node)
    return record !== undefined && record.strikes >= 1 && this.#clock.monotonic() < record.suspectUntil
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
