/**
 * Who did not answer last. A suspect is not waited for by anything that a client waits for; probes find out when it is
 * back. One that answers probes and then fails again stays suspect for longer each time.
 */
import { type Millis, millis, type NodeId, seconds } from '@starling/protocol'
import type { Clock, Logger } from '@starling/runtime'
import { PeerError } from '../peer-error.ts'

/** Probes cannot lift a suspicion sooner; doubled with every failure since the last real answer. */
const SHORTEST = seconds(1)
const LONGEST = seconds(60)

type Suspect = { readonly heldUntil: Millis }

export class Suspicion {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #suspects = new Map<NodeId, Suspect>()
  readonly #failures = new Map<NodeId, number>()
  /** For everything that waits for a member that is no suspect yet. */
  readonly #waiting = new Map<NodeId, AbortController>()
  readonly #listeners = new Set<(member: NodeId) => void>()

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock
    this.#logger = logger
  }

  has(member: NodeId): boolean {
    return this.#suspects.has(member)
  }

  get isEmpty(): boolean {
    return this.#suspects.size === 0
  }

  /** Suspects that a probe may clear by now. */
  get due(): readonly NodeId[] {
    const now = this.#clock.monotonic()
    return [...this.#suspects].filter(([, { heldUntil }]) => heldUntil <= now).map(([member]) => member)
  }

  /** Aborts with a `PeerError` as soon as the member becomes a suspect: then nobody needs to wait for it. */
  signalOf(member: NodeId): AbortSignal {
    const controller = this.#waiting.get(member) ?? new AbortController()
    this.#waiting.set(member, controller)
    return controller.signal
  }

  /** It did not answer. */
  suspect(member: NodeId): void {
    const failures = this.#failures.get(member) ?? 0
    this.#failures.set(member, failures + 1)
    if (!this.has(member)) this.#logger.warn('replication.member_silent')
    const hold = Math.min(LONGEST, SHORTEST * 2 ** Math.min(failures, 10))
    this.#suspects.set(member, { heldUntil: millis(this.#clock.monotonic() + hold) })
    this.#waiting.get(member)?.abort(new PeerError('unreachable'))
    this.#waiting.delete(member)
  }

  /** It answered: a probe, or (`real`) a request that needs its storage. */
  clear(member: NodeId, answer: 'probe' | 'real'): void {
    if (answer === 'real') this.#failures.delete(member)
    if (!this.#suspects.delete(member)) return
    this.#logger.info('replication.member_back')
    for (const listener of this.#listeners) listener(member)
  }

  /** Forgets those for whom `isKnown` is false: who left the directory. */
  keepOnly(isKnown: (member: NodeId) => boolean): void {
    for (const map of [this.#suspects, this.#failures, this.#waiting])
      for (const member of map.keys()) if (!isKnown(member)) map.delete(member)
  }

  /** Calls `listener` whenever a suspect is back. Returns what ends that. */
  onReturn(listener: (member: NodeId) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
