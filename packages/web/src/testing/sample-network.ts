import type { Millis, NetworkView, NodeId, OfflineReason, UnixMillis } from '@starling/client'
import { sampleAccountId } from './sample-data.ts'

const nodeId = (name: string): NodeId => sampleAccountId(`node ${name}`).slice(2) as NodeId
const swarm = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => ({ nodeId: nodeId(name), answering: name !== 'f' }))

const network = {
  networkName: 'local',
  swarm,
  directory: { epoch: 1284, nodes: 12, signatures: 5, threshold: 4, stale: false },
} as const

/** The states of the network, as seen at `now`. */
export const sampleNetwork = {
  connected: (now: UnixMillis): NetworkView => ({
    ...network,
    connection: { kind: 'connected', since: (now - 3_600_000) as UnixMillis },
    path: {
      hops: [
        { role: 'guard', nodeId: nodeId('guard'), operator: 'larch', since: (now - 9 * 86_400_000) as UnixMillis },
        { role: 'relay', nodeId: nodeId('relay'), operator: 'alder', since: (now - 2_400_000) as UnixMillis },
        { role: 'lastHop', nodeId: nodeId('last'), operator: 'rowan', since: (now - 2_400_000) as UnixMillis },
      ],
      roundTrip: 182 as Millis,
    },
  }),
  connecting: (): NetworkView => ({ networkName: 'local', swarm: [], connection: { kind: 'connecting' } }),
  offline: (reason: OfflineReason, lastContact?: UnixMillis): NetworkView => ({
    ...network,
    swarm: swarm.map((member) => ({ ...member, answering: false })),
    connection: { kind: 'offline', reason, ...(lastContact === undefined ? {} : { lastContact }) },
  }),
  skewed: (now: UnixMillis, clockSkew: Millis): NetworkView => ({ ...sampleNetwork.connected(now), clockSkew }),
}
