/**
 * Which nodes a request goes through, and which node is a guard. Pure. What is never given up: all hops and the destination
 * are different nodes. What is given up where the network is too small, in this order: no hop of the other lane, different
 * /24 networks, different operators, no hop in the destination's swarm, no hop that failed lately.
 */
import { type DirectoryView, type NodeEntry, type NodeId, type RandomBytes, subnetOf } from '@starling/protocol'
import { shuffle } from '@starling/runtime'

/** Guard, relay, last hop. */
export type Hops = readonly [NodeEntry, NodeEntry, NodeEntry]

export type PathWish = {
  readonly view: DirectoryView
  readonly guard: NodeEntry
  /** `undefined`: a server outside the network. */
  readonly destination: NodeEntry | undefined
  /** Of nodes that failed lately. */
  readonly isSuspect: (node: NodeId) => boolean
  /** Of hops of the other lane, which shall not be slow for the same reason. */
  readonly isTaken?: (node: NodeId) => boolean
  readonly random: RandomBytes
}

/** Beyond that many relays in vain, the rules are taken as impossible: 300 nodes are searched whole. */
const MAX_RELAYS_TRIED = 300

type Rules = {
  readonly lanes: boolean
  readonly subnets: boolean
  readonly operators: boolean
  readonly swarm: boolean
  readonly health: boolean
}

/** From strict to lax. */
export const RELAXATIONS: readonly Rules[] = [
  { lanes: true, subnets: true, operators: true, swarm: true, health: true },
  { lanes: false, subnets: true, operators: true, swarm: true, health: true },
  { lanes: false, subnets: false, operators: true, swarm: true, health: true },
  { lanes: false, subnets: false, operators: false, swarm: true, health: true },
  { lanes: false, subnets: false, operators: false, swarm: false, health: true },
  { lanes: false, subnets: false, operators: false, swarm: false, health: false },
]

/** `undefined`, if the guard is the destination or the network has fewer than four nodes (three, to a server outside). */
export function choosePath(wish: PathWish): Hops | undefined {
  const { view, guard, destination, random } = wish
  const taken = [guard.descriptor.nodeId, destination?.descriptor.nodeId]
  if (taken[0] === taken[1]) return undefined
  const others = [...view.nodes.values()].filter(({ descriptor }) => !taken.includes(descriptor.nodeId))
  const candidates = shuffle(random, others)
  for (const rules of RELAXATIONS) {
    const pair = choosePair(candidates, wish, rules)
    if (pair !== undefined) return [guard, ...pair]
  }
  return undefined
}

function choosePair(
  candidates: readonly NodeEntry[],
  { guard, destination, isSuspect, isTaken = () => false }: PathWish,
  rules: Rules,
): [NodeEntry, NodeEntry] | undefined {
  const allowed = candidates.filter(
    (node) =>
      !(rules.health && isSuspect(node.descriptor.nodeId)) &&
      !(rules.lanes && isTaken(node.descriptor.nodeId)) &&
      !(rules.swarm && node.swarmId === destination?.swarmId) &&
      areApart(node, guard, rules) &&
      (destination === undefined || areApart(node, destination, rules)),
  )
  for (const [i, relay] of allowed.slice(0, MAX_RELAYS_TRIED).entries()) {
    const lastHop = allowed.find((node, k) => k > i && areApart(node, relay, rules))
    if (lastHop !== undefined) return [relay, lastHop]
  }
  return undefined
}

export type GuardWish = {
  readonly view: DirectoryView
  /** The other guards. */
  readonly guards: readonly NodeEntry[]
  /** That of the own account, whose members see which account asks. */
  readonly ownSwarm: NodeEntry['swarmId'] | undefined
  /** Whether the platform can reach it at all. Never given up. */
  readonly canReach: (node: NodeEntry) => boolean
  /** Of nodes that did not serve as guards lately. Never given up. */
  readonly isBenched: (node: NodeId) => boolean
  readonly random: RandomBytes
}

/** One more guard, apart from the others; `undefined`, if there is no candidate left. */
export function chooseGuard(wish: GuardWish): NodeEntry | undefined {
  const { view, guards, ownSwarm, canReach, isBenched, random } = wish
  const taken = new Set(guards.map(({ descriptor }) => descriptor.nodeId))
  const usable = [...view.nodes.values()].filter(
    (node) => !taken.has(node.descriptor.nodeId) && !isBenched(node.descriptor.nodeId) && canReach(node),
  )
  const candidates = shuffle(random, usable)
  for (const rules of RELAXATIONS) {
    const found = candidates.find(
      (node) => !(rules.swarm && node.swarmId === ownSwarm) && guards.every((guard) => areApart(node, guard, rules)),
    )
    if (found !== undefined) return found
  }
  return undefined
}

/** An empty operator or subnet says nothing, and so keeps nobody apart. */
function areApart(a: NodeEntry, b: NodeEntry, rules: Rules): boolean {
  const { operator } = a.descriptor
  if (rules.operators && operator !== '' && operator === b.descriptor.operator) return false
  const subnet = subnetOf(a.descriptor.address)
  return !(rules.subnets && subnet !== '' && subnet === subnetOf(b.descriptor.address))
}
