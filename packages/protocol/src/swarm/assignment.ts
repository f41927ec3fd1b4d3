/**
 * Which node is in which swarm: the algorithm of the compatible network with a total order, then two steps of our own
 * (`improve-assignment.ts`). Pure: everybody who has the same document computes the same next one.
 *
 * @see docs/protocol/swarms.md §3
 */
import { Reader, u64be } from '../codec/codec.ts'
import { levelSizes, separateOperators } from './improve-assignment.ts'
import { MersenneTwister } from './mersenne-twister.ts'
import { newSwarmId } from './new-swarm-id.ts'
import { compareNodeIds, type NodeId } from './node-id.ts'
import type { SwarmId } from './swarm-id.ts'
import type { SwarmSizes } from './swarm-sizes.ts'
import { SwarmTable } from './swarm-table.ts'

const JOINING_PERCENTILE = 25
const DISSOLVED_PERCENTILE = 0
const GIVING_PERCENTILE = 75

/** A node that is to be in a swarm. Nodes with the same `operator` or `subnet` are kept apart; empty is like nobody. */
export type ActiveNode = { readonly nodeId: NodeId; readonly operator: string; readonly subnet: string }

export type AssignmentInput = {
  /** The swarms of the previous document; nodes that are not active any more are left out. */
  readonly previous: ReadonlyMap<NodeId, SwarmId>
  /** In any order, each node once. */
  readonly active: readonly ActiveNode[]
  /** At least 8 bytes that nobody can choose: the hash of the previous document. */
  readonly seed: Uint8Array
  readonly sizes: SwarmSizes
}

/**
 * A swarm for every active node.
 *
 * @throws {CodecError} `truncated`, if the seed is shorter than 8 bytes.
 */
export function assignSwarms({ previous, active, seed, sizes }: AssignmentInput): ReadonlyMap<NodeId, SwarmId> {
  const nodes = [...active].sort((a, b) => compareNodeIds(a.nodeId, b.nodeId))
  const table = new SwarmTable(new Map(nodes.map((node) => [node.nodeId, tagsOf(node)])))
  const random = new MersenneTwister(u64be.read(new Reader(seed.slice(0, 8).reverse())))
  const joining: NodeId[] = []
  for (const { nodeId } of nodes) {
    const swarm = previous.get(nodeId)
    if (swarm === undefined) joining.push(nodeId)
    else {
      table.addSwarm(swarm)
      table.place(nodeId, swarm)
    }
  }
  if (nodes.length === 0) return table.assignment
  const steps = new Steps(table, random, sizes)
  if (table.ids.length === 0) table.addSwarm(newSwarmId([]))
  for (const node of joining) steps.join(node, JOINING_PERCENTILE)
  steps.refill()
  steps.form()
  steps.dissolve()
  levelSizes(table, previous, sizes)
  separateOperators(table, previous, sizes)
  return table.assignment
}

function tagsOf({ operator, subnet }: ActiveNode): string[] {
  const tags: string[] = []
  if (operator !== '') tags.push(`operator ${operator}`)
  if (subnet !== '') tags.push(`subnet ${subnet}`)
  return tags
}

class Steps {
  readonly #table: SwarmTable
  readonly #random: MersenneTwister
  readonly #sizes: SwarmSizes

  constructor(table: SwarmTable, random: MersenneTwister, sizes: SwarmSizes) {
    this.#table = table
    this.#random = random
    this.#sizes = sizes
  }

  /** Puts a node into one of the swarms up to the size at `percentile`, then forms new swarms if there is enough for one. */
  join(node: NodeId, percentile: number): void {
    const table = this.#table
    const ids = table.idsBySize()
    const size = table.size(ids[Math.floor((percentile * (ids.length - 1)) / 100)]!)
    const candidates = ids.filter((id) => table.size(id) <= size)
    table.place(
      node,
      this.#pick(candidates, (id) => table.conflicts(node, id)),
    )
    this.form()
  }

  /** Gives swarms under the minimum members of larger ones, as long as those can spare enough. */
  refill(): void {
    const { minimum } = this.#sizes
    const table = this.#table
    const ids = table.idsBySize()
    const index = Math.floor((GIVING_PERCENTILE * (ids.length - 1)) / 100)
    const threshold = Math.max(minimum, table.size(ids[index]!) - 1)
    for (const poor of ids) {
      while (table.size(poor) < minimum) {
        const givers = table.ids.filter((id) => table.size(id) > threshold)
        if (this.#excess(givers) < minimum - table.size(poor)) return
        this.#draw(givers, poor)
      }
    }
  }

  /** Forms new swarms of members that others have above the minimum, while enough of them remain. */
  form(): void {
    const { minimum, margin, target } = this.#sizes
    const table = this.#table
    if (table.ids.some((id) => table.size(id) < minimum)) return
    while (this.#excess(table.ids) >= target + margin * table.ids.length) {
      const born = newSwarmId(table.ids)
      table.addSwarm(born)
      for (let i = 0; i < target; i++) {
        const givers = table.ids.filter((id) => id !== born && table.size(id) > minimum)
        this.#draw(givers, born)
      }
    }
  }

  /** Dissolves swarms that are still under the minimum; the last one stays. */
  dissolve(): void {
    const table = this.#table
    for (;;) {
      const poor = table.ids.find((id) => table.size(id) < this.#sizes.minimum)
      if (poor === undefined || table.ids.length === 1) return
      for (const node of table.dropSwarm(poor)) this.join(node, DISSOLVED_PERCENTILE)
    }
  }

  #excess(ids: readonly SwarmId[]): number {
    return ids.reduce((sum, id) => sum + Math.max(0, this.#table.size(id) - this.#sizes.minimum), 0)
  }

  #draw(givers: readonly SwarmId[], taker: SwarmId): void {
    const pool = givers.flatMap((id) => this.#table.members(id))
    const node = this.#pick(pool, (candidate) => this.#table.conflicts(candidate, taker))
    this.#table.place(node, taker)
  }

  /** A random candidate: of those without a conflict, if there are any. */
  #pick<T>(candidates: readonly T[], conflicts: (candidate: T) => number): T {
    const free = candidates.filter((candidate) => conflicts(candidate) === 0)
    const pool = free.length > 0 ? free : candidates
    return pool[this.#random.uniform(pool.length)]!
  }
}
