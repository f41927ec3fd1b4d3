/** Which nodes keep an owner's messages, as clients are told. */
import { type DirectoryView, type GetSwarmResult, type Owner, ownerBytes } from '@starling/protocol'

/** Nothing but `swarm: undefined`, as long as there is no directory. */
export function swarmNodesOf(view: DirectoryView | undefined, owner: Owner): GetSwarmResult {
  const swarm = view?.swarmOf(ownerBytes(owner).subarray(1))
  return {
    swarm: swarm?.id,
    nodes: (swarm?.members ?? []).map(({ descriptor }) => ({
      nodeId: descriptor.nodeId,
      x25519: descriptor.encryptionKey,
      ip: descriptor.address,
      httpsPort: descriptor.httpsPort,
      peerPort: descriptor.peerPort,
    })),
  }
}
