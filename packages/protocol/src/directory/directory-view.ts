/** A directory document in the form in which requests ask it. */
import { chooseSwarm } from '../swarm/choose-swarm.ts'
import type { NodeId } from '../swarm/node-id.ts'
import { swarmPosition } from '../swarm/position.ts'
import type { SwarmId } from '../swarm/swarm-id.ts'
import type { DirectoryDocument, NodeEntry } from './document.ts'

export type Swarm = {
  readonly id: SwarmId
  /** Ascending by node ID. */
  readonly members: readonly NodeEntry[]
}

/** Built once for each document, in time linear in its nodes; answers in logarithmic time. */
export class DirectoryView {
  readonly document: DirectoryDocument
  readonly nodes: ReadonlyMap<NodeId, NodeEntry>
  /** Ascending. */
  readonly swarmIds: readonly SwarmId[]
  readonly #swarms: ReadonlyMap<SwarmId, Swarm>

  constructor(document: DirectoryDocument) {
    const members = new Map<SwarmId, NodeEntry[]>()
    for (const entry of document.entries) {
      const swarm = members.get(entry.swarmId)
      if (swarm === undefined) members.set(entry.swarmId, [entry])
      else swarm.push(entry)
    }
    this.document = document
    this.nodes = new Map(document.entries.map((entry) => [entry.descriptor.nodeId, entry]))
    this.swarmIds = [...members.keys()].sort((a, b) => (a < b ? -1 : 1))
    this.#swarms = new Map([...members].map(([id, entries]) => [id, { id, members: entries }]))
  }

  /** The swarm of that ID, if a node is in it. */
  swarm(id: SwarmId): Swarm | undefined {
    return this.#swarms.get(id)
  }

  /**
   * The swarm that stores what belongs to `ownerKey`, the 32 bytes of an account ID behind its prefix. `undefined` only
   * in a directory without nodes.
   */
  swarmOf(ownerKey: Uint8Array): Swarm | undefined {
    const id = chooseSwarm(this.swarmIds, swarmPosition(ownerKey))
    return id === undefined ? undefined : this.#swarms.get(id)
  }

  /** Whether the node is in the swarm of `ownerKey`. */
  isMember(node: NodeId, ownerKey: Uint8Array): boolean {
    const swarm = this.nodes.get(node)?.swarmId
    return swarm !== undefined && swarm === chooseSwarm(this.swarmIds, swarmPosition(ownerKey))
  }
}
