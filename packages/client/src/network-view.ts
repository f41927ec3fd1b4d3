/** What faces see of the network. Pure. */
import type { DirectoryDocument, Millis, NetworkFile, NodeEntry, NodeId, UnixMillis } from '@starling/protocol'
import type { Connection, HopView, NetworkView, OfflineReason } from './api.ts'
import type { DirectoryProblem } from './directory/directory.ts'
import type { InboxProgress } from './messages/inbox.ts'
import type { PathInUse } from './paths/paths.ts'

export type NetworkFacts = {
  readonly network: NetworkFile
  /** The platform says that there is no network. */
  readonly offline: boolean
  /** A guard could not be reached since the last one was connected. */
  readonly hasFailed: boolean
  readonly problem: DirectoryProblem | undefined
  readonly document: DirectoryDocument | undefined
  readonly isStale: boolean
  readonly connectedSince: UnixMillis | undefined
  readonly lastContact: UnixMillis | undefined
  readonly path: PathInUse | undefined
  readonly swarm: readonly NodeEntry[]
  readonly isAnswering: (node: NodeId) => boolean
  readonly clockSkew: Millis | undefined
  readonly progress: InboxProgress
}

const ROLES = ['guard', 'relay', 'lastHop'] as const

export function networkView(facts: NetworkFacts): NetworkView {
  const { network, document, path, clockSkew, progress } = facts
  const isUp = facts.connectedSince !== undefined
  return {
    connection: connectionOf(facts),
    networkName: network.name,
    ...(path !== undefined && isUp ? { path: pathView(path) } : {}),
    swarm: facts.swarm.map(({ descriptor }) => ({
      nodeId: descriptor.nodeId,
      answering: facts.isAnswering(descriptor.nodeId),
    })),
    ...(document && {
      directory: {
        epoch: document.epoch,
        nodes: document.entries.length,
        signatures: document.signatures.length,
        threshold: network.threshold,
        stale: facts.isStale,
      },
    }),
    ...(clockSkew === undefined ? {} : { clockSkew }),
    ...(progress.kind === 'upToDate' ? {} : { catchingUp: { handled: progress.handled } }),
    ...listedIn(network),
  }
}

/** What the network file alone says. */
export function listedIn({ previews }: NetworkFile): Pick<NetworkView, 'previewServices'> {
  return previews === undefined ? {} : { previewServices: previews.length }
}

function connectionOf(facts: NetworkFacts): Connection {
  const { connectedSince, lastContact } = facts
  if (connectedSince !== undefined) return { kind: 'connected', since: connectedSince }
  const reason = offlineReason(facts)
  if (reason === undefined) return { kind: 'connecting' }
  return { kind: 'offline', reason, ...(lastContact === undefined ? {} : { lastContact }) }
}

/** `undefined` while nothing has failed yet. */
function offlineReason(facts: NetworkFacts): OfflineReason | undefined {
  if (facts.offline) return 'no_network'
  if (facts.document === undefined) {
    if (facts.problem === undefined) return undefined
    return facts.problem === 'wrong_network' ? 'wrong_network' : 'directory_unavailable'
  }
  if (!facts.hasFailed) return undefined
  return facts.isStale ? 'directory_stale' : 'no_node_reachable'
}

function pathView({ path, guard, roundTrip }: PathInUse): NonNullable<NetworkView['path']> {
  const hops = path.hops.map(
    ({ descriptor }, i): HopView => ({
      role: ROLES[i]!,
      nodeId: descriptor.nodeId,
      operator: descriptor.operator,
      since: i === 0 ? guard.since : path.since,
    }),
  )
  return { hops, ...(roundTrip === undefined ? {} : { roundTrip }) }
}
