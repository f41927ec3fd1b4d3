/** The working state of an assignment: who is in which swarm, and who should not be together. */
import type { NodeId } from './node-id.ts'
import type { SwarmId } from './swarm-id.ts'

/**
 * Nodes in swarms, with two invariants: `ids` is ascending, and the counts of tags are those of the members. Members
 * stand in the order in which they were placed.
 */
export class SwarmTable {
  readonly #members = new Map<SwarmId, NodeId[]>()
  readonly #home = new Map<NodeId, SwarmId>()
  readonly #tagsOf: ReadonlyMap<NodeId, readonly string[]>
  readonly #tagCounts = new Map<SwarmId, Map<string, number>>()
  #ids: readonly SwarmId[] = []

  /** @param tagsOf what a node shares with others that should be in other swarms */
  constructor(tagsOf: ReadonlyMap<NodeId, readonly string[]>) {
    this.#tagsOf = tagsOf
  }

  get ids(): readonly SwarmId[] {
    return this.#ids
  }

  get assignment(): ReadonlyMap<NodeId, SwarmId> {
    return this.#home
  }

  members(id: SwarmId): readonly NodeId[] {
    return this.#members.get(id)!
  }

  size(id: SwarmId): number {
    return this.members(id).length
  }

  /** Swarm IDs by size, then by ID. */
  idsBySize(): SwarmId[] {
    return [...this.#ids].sort((a, b) => this.size(a) - this.size(b) || (a < b ? -1 : 1))
  }

  home(node: NodeId): SwarmId {
    return this.#home.get(node)!
  }

  addSwarm(id: SwarmId): void {
    if (this.#members.has(id)) return
    this.#members.set(id, [])
    this.#tagCounts.set(id, new Map())
    this.#ids = [...this.#ids, id].sort((a, b) => (a < b ? -1 : 1))
  }

  /** Takes the swarm away and returns its members, which are then in no swarm. */
  dropSwarm(id: SwarmId): readonly NodeId[] {
    const members = this.members(id)
    this.#members.delete(id)
    this.#tagCounts.delete(id)
    this.#ids = this.#ids.filter((other) => other !== id)
    for (const node of members) this.#home.delete(node)
    return members
  }

  /** Puts a node into a swarm, as its last member, and out of the one that it was in. */
  place(node: NodeId, id: SwarmId): void {
    const old = this.#home.get(node)
    if (old !== undefined) {
      const members = this.#members.get(old)!
      members.splice(members.indexOf(node), 1)
      this.#count(node, old, -1)
    }
    this.#members.get(id)!.push(node)
    this.#home.set(node, id)
    this.#count(node, id, 1)
  }

  /** How often a node shares a tag with another member of the swarm, or would if it were there. */
  conflicts(node: NodeId, id: SwarmId): number {
    const tags = this.#tagsOf.get(node)!
    const counts = this.#tagCounts.get(id)!
    let sum = this.#home.get(node) === id ? -tags.length : 0
    for (const tag of tags) sum += counts.get(tag) ?? 0
    return sum
  }

  /** How many tags two nodes share. */
  shared(a: NodeId, b: NodeId): number {
    const theirs = this.#tagsOf.get(b)!
    return this.#tagsOf.get(a)!.filter((tag) => theirs.includes(tag)).length
  }

  #count(node: NodeId, id: SwarmId, change: number): void {
    const counts = this.#tagCounts.get(id)!
    for (const tag of this.#tagsOf.get(node)!) counts.set(tag, (counts.get(tag) ?? 0) + change)
  }
}
