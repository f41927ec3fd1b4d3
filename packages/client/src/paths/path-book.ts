/** The paths in use: one for each guard, lane and swarm of a destination, kept for half an hour or until a hop fails. */
import {
  type DirectoryView,
  minutes,
  type NodeEntry,
  type NodeId,
  type RandomBytes,
  type UnixMillis,
} from '@starling/protocol'
import type { Clock } from '@starling/runtime'
import { choosePath, type Hops } from './choose-path.ts'

export type Path = { readonly hops: Hops; readonly since: UnixMillis }

/** Middle hops change, so that none of them sees for long who talks through it. */
const LIFETIME = minutes(30)
const MAX_PATHS = 64

type Kept = { readonly nodes: readonly [NodeId, NodeId]; readonly since: UnixMillis; readonly until: number }

/** The guard to begin with, and the other ones, which no path shall depend on. */
type Guards = { readonly guard: NodeEntry; readonly others: readonly NodeId[] }

export class PathBook {
  readonly #clock: Clock
  readonly #random: RandomBytes
  readonly #isSuspect: (node: NodeId) => boolean
  readonly #kept = new Map<string, Kept>()

  constructor(options: { clock: Clock; random: RandomBytes; isSuspect: (node: NodeId) => boolean }) {
    this.#clock = options.clock
    this.#random = options.random
    this.#isSuspect = options.isSuspect
  }

  /** `undefined`, if there is none in this network. Hops are as the current directory describes them. */
  get(view: DirectoryView, guards: Guards, destination: NodeEntry, lane: number): Path | undefined {
    const { guard } = guards
    const key = `${guard.descriptor.nodeId} ${laneKey(destination, lane)}`
    const kept = this.#kept.get(key)
    const hops = kept && this.#revive(view, guard, destination, kept)
    if (hops !== undefined) return { hops, since: kept!.since }
    const isTaken = this.#takenBeside(guards.others, destination, lane)
    const chosen = choosePath({
      view,
      guard,
      destination,
      isSuspect: this.#isSuspect,
      isTaken,
      random: this.#random,
    })
    if (chosen === undefined) return undefined
    const since = this.#clock.now()
    const nodes = [chosen[1].descriptor.nodeId, chosen[2].descriptor.nodeId] as const
    this.#kept.delete(key)
    this.#kept.set(key, { nodes, since, until: this.#clock.monotonic() + LIFETIME })
    this.#forgetOldest()
    return { hops: chosen, since }
  }

  /** None with these two hops is used again. */
  drop(hops: Hops): void {
    const [, relay, lastHop] = hops.map(({ descriptor }) => descriptor.nodeId)
    for (const [key, { nodes }] of this.#kept) {
      if (nodes[0] === relay && nodes[1] === lastHop) this.#kept.delete(key)
    }
  }

  #takenBeside(guards: readonly NodeId[], destination: NodeEntry, lane: number): (node: NodeId) => boolean {
    const other = laneKey(destination, 1 - lane)
    const taken = new Set(guards)
    for (const [key, { nodes }] of this.#kept) if (key.endsWith(` ${other}`)) for (const node of nodes) taken.add(node)
    return (node) => taken.has(node)
  }

  #revive(view: DirectoryView, guard: NodeEntry, destination: NodeEntry, kept: Kept): Hops | undefined {
    if (this.#clock.monotonic() >= kept.until) return undefined
    const [relay, lastHop] = kept.nodes.map((node) => view.nodes.get(node))
    if (relay === undefined || lastHop === undefined) return undefined
    const isUnfit = (node: NodeEntry) =>
      this.#isSuspect(node.descriptor.nodeId) || node.descriptor.nodeId === destination.descriptor.nodeId
    return isUnfit(relay) || isUnfit(lastHop) ? undefined : [guard, relay, lastHop]
  }

  #forgetOldest(): void {
    if (this.#kept.size <= MAX_PATHS) return
    for (const key of this.#kept.keys()) {
      this.#kept.delete(key)
      return
    }
  }
}

function laneKey(destination: NodeEntry, lane: number): string {
  return `${lane} ${destination.swarmId}`
}
