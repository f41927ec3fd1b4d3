/** What a node says of its state to its operator: `StarlingNode.status`. Nothing in it names an account. */
import type { Epoch, Millis, NodeId, SwarmId, UnixMillis } from '@starling/protocol'
import type { StoreStats } from './storage/node-store.ts'

export type NodeStatus = {
  readonly nodeId: NodeId
  /** The document that the node goes by; `undefined` before the first one. */
  readonly directory:
    | {
        readonly epoch: Epoch
        readonly nodes: number
        readonly swarms: number
        readonly validAfter: UnixMillis
        readonly validUntil: UnixMillis
      }
    | undefined
  readonly role: NodeRole
  readonly repair: RepairStatus
  readonly handOver: HandOverStatus
  readonly hints: HintStatus
  readonly store: StoreStats
  /** Retrievals that wait for news. */
  readonly held: number
  /** Onion requests under way. */
  readonly onions: number
  /** Accounts that clients on links are told of. */
  readonly subscriptions: number
}

export type NodeRole =
  /** In no swarm: not admitted yet, left, or dropped as unreachable. */
  | { readonly kind: 'outside' }
  | {
      readonly kind: 'member'
      readonly swarmId: SwarmId
      readonly others: readonly {
        readonly nodeId: NodeId
        /** It did not answer last: stores do not wait for it, and leave hints. */
        readonly isSuspect: boolean
      }[]
    }

export type RepairStatus = {
  /** Reads are answered 503: since the start, or since it came into another swarm, no round was full yet. */
  readonly isCatchingUp: boolean
  readonly progress: RepairProgress | undefined
  /** The last round that ended since the start. */
  readonly last: RepairRound | undefined
}

/** `comparing`: members of the swarm. `fetching`: items that one member holds in buckets that differ. */
export type RepairProgress = {
  readonly kind: 'comparing' | 'fetching'
  readonly done: number
  readonly total: number
}

export type RepairRound = {
  readonly endedAt: UnixMillis
  readonly duration: Millis
  /** Members that were compared, and those that could not be reached. */
  readonly compared: number
  readonly unreached: number
  /** Messages and change records that this node lacked and has now. */
  readonly taken: number
  readonly bytes: number
  /** Items that members held and that did not hold up to verification, or did not fit. */
  readonly refused: number
}

export type HandOverStatus = {
  /** Items that belong to other swarms, as of the last round: they go as soon as all members there have them. */
  readonly remaining: number
  /** Since the start. */
  readonly handedOver: number
  /** The end of the last round since the start. */
  readonly lastRound: UnixMillis | undefined
}

export type HintStatus = {
  readonly total: number
  /** How many members have hints here, and how many of them are suspect or in no directory. */
  readonly members: number
  readonly absent: number
}
