/** Who may be a guard, and who is one no more. docs/protocol/paths.md §1. */
import {
  type DirectoryView,
  hours,
  type Millis,
  millis,
  type NodeEntry,
  type NodeId,
  type RandomBytes,
} from '@starling/protocol'
import type { Clock, Observable } from '@starling/runtime'
import { chooseGuard } from './choose-path.ts'
import type { KeptGuard } from './guard-record.ts'

/** How long a node that did not serve as a guard is not chosen again. */
const BENCH_TIME = hours(1)
/** Beside a guard that is given up there must be as many others. */
const LEAST_OTHERS = 2

export type GuardChoiceOptions = {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly view: Observable<DirectoryView | undefined>
  readonly ownSwarm: () => NodeEntry['swarmId'] | undefined
  readonly canReach: (node: NodeEntry) => boolean
}

export class GuardChoice {
  readonly #options: GuardChoiceOptions
  /** Until when they are not chosen again, by our monotonic clock. */
  readonly #bench = new Map<NodeId, Millis>()

  constructor(options: GuardChoiceOptions) {
    this.#options = options
  }

  /** One more, apart from those that are `taken`. After `undefined`, those that did not serve are forgiven: all were tried. */
  choose(taken: readonly KeptGuard[]): NodeId | undefined {
    const { clock, random, ownSwarm, canReach, view } = this.#options
    const snapshot = view.snapshot
    if (snapshot === undefined) return undefined
    const guards = taken.flatMap(({ node }) => snapshot.nodes.get(node) ?? [])
    const isBenched = (node: NodeId) => (this.#bench.get(node) ?? 0) > clock.monotonic()
    const chosen = chooseGuard({ view: snapshot, guards, ownSwarm: ownSwarm(), canReach, isBenched, random })
    if (chosen === undefined) this.#bench.clear()
    return chosen?.descriptor.nodeId
  }

  /** It did not serve: another one first. */
  bench(node: NodeId): void {
    this.#bench.set(node, millis(this.#options.clock.monotonic() + BENCH_TIME))
  }

  /** The node, if it is there and can be reached. */
  nodeOf(guard: KeptGuard | undefined): NodeEntry | undefined {
    const node = guard && this.#options.view.snapshot?.nodes.get(guard.node)
    return node !== undefined && this.#options.canReach(node) ? node : undefined
  }

  /** Whether its time is not over, it is there, and it is not too close to the own account. */
  isFit(view: DirectoryView, guard: KeptGuard): boolean {
    const node = view.nodes.get(guard.node)
    return node !== undefined && guard.until > this.#options.clock.now() && !this.#isTooClose(view, node)
  }

  /** A guard in the own swarm sees an address and, with its neighbours, an account. Never pays if there is nobody else. */
  #isTooClose(view: DirectoryView, guard: NodeEntry): boolean {
    const { ownSwarm, canReach } = this.#options
    const own = ownSwarm()
    if (guard.swarmId !== own) return false
    const others = [...view.nodes.values()].filter((node) => node.swarmId !== own && canReach(node))
    return others.length >= LEAST_OTHERS
  }
}
