/** The seed JSON-RPC that compatible clients start from. network.md §7.1, §7.2, §12. */
import {
  type DirectoryView,
  formatSwarmId,
  fromUtf8,
  isJsonObject,
  type JsonObject,
  parseJson,
  toHex,
  utf8,
} from '@starling/protocol'
import type { PublicAnswer } from '../ports.ts'

const METHODS: readonly unknown[] = ['get_n_service_nodes', 'get_service_nodes', 'get_all_service_nodes']

/** The body is JSON whatever its Content-Type says. */
export function answerSeed(body: Uint8Array, view: DirectoryView | undefined): PublicAnswer {
  const request = parseBody(body)
  if (!request) return json(400, { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' } })
  const { id = null, method } = request
  if (!METHODS.includes(method))
    return json(200, { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } })
  return json(200, { jsonrpc: '2.0', id, result: serviceNodes(view) })
}

/** All nodes of the directory, in the form in which the chain daemon lists them. */
export function serviceNodes(view: DirectoryView | undefined): JsonObject {
  const height = view?.document.epoch ?? 0
  const states = [...(view?.nodes.values() ?? [])].map(({ descriptor, swarmId }) => ({
    service_node_pubkey: descriptor.nodeId,
    pubkey_ed25519: descriptor.nodeId,
    pubkey_x25519: toHex(descriptor.encryptionKey),
    public_ip: descriptor.address,
    storage_port: descriptor.httpsPort,
    storage_lmq_port: descriptor.peerPort,
    swarm: formatSwarmId(swarmId),
    active: true,
    funded: true,
    requested_unlock_height: 0,
  }))
  return { height, service_node_states: states, status: 'OK' }
}

function parseBody(body: Uint8Array): JsonObject | undefined {
  try {
    const value = parseJson(fromUtf8(body))
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined // not UTF-8
  }
}

function json(status: number, body: JsonObject): PublicAnswer {
  return { status, contentType: 'application/json', body: utf8(JSON.stringify(body)) }
}
