/** `nodes.json`: the network as a load generator for compatible storage servers wants it described. */
import { type DirectoryView, toHex } from '@starling/protocol'
import { swarmOf } from './health.ts'
import type { NodePlace } from './layout.ts'

/** Nodes that are not in the directory are left out. */
export function formatLoadNodes(places: readonly NodePlace[], view: DirectoryView): string {
  const nodes = places.flatMap(({ name, nodeId, httpsPort }) => {
    const entry = view.nodes.get(nodeId)
    if (entry === undefined) return []
    return {
      name,
      url: `https://127.0.0.1:${httpsPort}`,
      swarm: swarmOf(view, nodeId),
      pubkey_ed25519: nodeId,
      pubkey_x25519: toHex(entry.descriptor.encryptionKey),
      // One key for both since the compatible network's hard fork 21. docs/protocol/http.md §3.
      pubkey_legacy: nodeId,
    }
  })
  return `${JSON.stringify({ nodes }, undefined, 2)}\n`
}
