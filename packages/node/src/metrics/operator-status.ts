/** What a running node says to its operator: the answer of `GET /status` on the metrics port, and the gauges. */
import type { Announced, Intent } from '../directory/membership.ts'
import type { HintStatus, RepairProgress } from '../node-status.ts'
import type { MetricsRegistry } from './registry.ts'

/** The stable form of `starling node status --json`. Sizes in bytes, times in the unit that the name says. */
export type OperatorStatus = {
  readonly nodeId: string
  readonly softwareVersion: string
  readonly network: string
  readonly uptimeSeconds: number
  /** In the directory and caught up: it answers for its swarm. */
  readonly ready: boolean
  readonly intent: Intent
  readonly announced: Announced
  /** `null`: none has come yet. */
  readonly directory: {
    readonly epoch: number
    readonly ageSeconds: number
    readonly isStale: boolean
    readonly nodes: number
    readonly swarms: number
  } | null
  /** `null`: not in the directory. `silent`: members that did not answer last. */
  readonly swarm: { readonly id: string; readonly members: number; readonly silent: number } | null
  readonly repair: {
    /** Not yet compared with the other members since it started or was assigned: retrievals are refused. */
    readonly catchingUp: boolean
    readonly progress: RepairProgress | null
    readonly last: {
      readonly agoSeconds: number
      readonly compared: number
      readonly unreached: number
      readonly taken: number
      readonly bytes: number
      readonly refused: number
    } | null
  }
  /** Stored here and belonging to other swarms; what of it is still to be handed over, and what was since the start. */
  readonly handOver: { readonly remaining: number; readonly handedOver: number }
  readonly hints: HintStatus
  readonly store: {
    readonly messages: number
    readonly records: number
    readonly sizeBytes: number
    /** 0: no limit. */
    readonly maxBytes: number
    /** Of the disk, for this process. */
    readonly freeBytes: number
  }
  readonly held: number
  readonly onions: number
  /** Accounts that clients on links are told of. */
  readonly subscriptions: number
  readonly links: { readonly clients: number; readonly peers: number }
  /** Since the start. */
  readonly requests: number
  readonly errors: number
  readonly rssBytes: number
  /** Of the last ten seconds, 99th percentile. */
  readonly eventLoopDelayMillis: number
}

/** The gauges of the registry, as `status` has them. */
export function setGauges(registry: MetricsRegistry, status: OperatorStatus): void {
  for (const [name, help, value] of gaugesOf(status)) {
    registry.gauge(`starling_${name}`, help).set(typeof value === 'boolean' ? Number(value) : value)
  }
}

type GaugeRow = readonly [name: string, help: string, value: number | boolean | undefined]

function gaugesOf(status: OperatorStatus): readonly GaugeRow[] {
  const { directory, swarm, repair, store, hints } = status
  return [
    ['ready', 'In the directory and caught up.', status.ready],
    ['leaving', 'Asked to leave the network.', status.intent === 'leave'],
    ['uptime_seconds', 'Since the start.', status.uptimeSeconds],
    ['directory_epoch', 'Epoch of the directory document in use.', directory?.epoch],
    ['directory_age_seconds', 'Since the document in use became valid.', directory?.ageSeconds],
    ['directory_stale', 'The document in use is past its validity.', directory?.isStale],
    ['directory_nodes', 'Nodes in the directory.', directory?.nodes],
    ['directory_swarms', 'Swarms in the directory.', directory?.swarms],
    ['swarm_members', 'Members of our swarm, this node too.', swarm?.members],
    ['swarm_silent_members', 'Members of our swarm that did not answer last.', swarm?.silent],
    ['catching_up', 'Not yet compared with the other members.', repair.catchingUp],
    ['repair_running', 'Comparing with other members, or fetching from them.', repair.progress !== null],
    ['repair_done', 'Of the present step of repair: what is done.', repair.progress?.done ?? 0],
    ['repair_total', 'Of the present step of repair: what is to do.', repair.progress?.total ?? 0],
    ['repair_last_taken', 'What the last round of repair brought that was missing here.', repair.last?.taken],
    ['repair_last_unreached', 'Members that the last round of repair could not reach.', repair.last?.unreached],
    ['hand_over_remaining', 'Stored here for other swarms that lack it.', status.handOver.remaining],
    ['hints', 'What other members missed and still wait for.', hints.total],
    ['hinted_members', 'Members for whom there are hints.', hints.members],
    ['store_messages', 'Messages stored.', store.messages],
    ['store_records', 'Notes of deletions and revocations stored.', store.records],
    ['store_bytes', 'Size of the database.', store.sizeBytes],
    ['store_max_bytes', 'Bound of the database; 0: none.', store.maxBytes],
    ['disk_free_bytes', 'Free on the disk of the data folder.', store.freeBytes],
    ['held_retrievals', 'Retrievals that wait for news.', status.held],
    ['onions', 'Onion requests under way.', status.onions],
    ['subscriptions', 'Accounts that clients on links are told of.', status.subscriptions],
    ['client_links', 'Open links of clients.', status.links.clients],
    ['peer_links', 'Open links with other nodes.', status.links.peers],
    ['resident_memory_bytes', 'Resident set of the process.', status.rssBytes],
    [
      'event_loop_delay_seconds',
      'Delay of the event loop, 99th percentile of ten seconds.',
      status.eventLoopDelayMillis / 1000,
    ],
  ]
}
