/** The seed JSON-RPC that compatible clients start from. docs/protocol/http.md §3. */
import {
  type DirectoryView,
  fromUtf8,
  isJsonObject,
  type JsonObject,
  MalformedInputError,
  parseJson,
  type ServiceNodesResult,
  utf8,
  writeServiceNodes,
} from '@starling/protocol'
import type { PublicAnswer } from '../ports.ts'

const METHODS: readonly unknown[] = ['get_n_service_nodes', 'get_service_nodes', 'get_all_service_nodes']

/** The body is JSON whatever its Content-Type says. */
export function answerSeed(body: Uint8Array, view: DirectoryView | undefined): PublicAnswer {
  const request = parseBody(body)
  if (!request) return json(400, { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' } })
  const { method } = request
  const id = typeof request['id'] === 'string' || typeof request['id'] === 'number' ? request['id'] : null
  if (!METHODS.includes(method))
    return json(200, { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } })
  return json(200, { jsonrpc: '2.0', id, result: writeServiceNodes(serviceNodesOf(view)) })
}

/** All nodes of the directory, as the chain daemon of the compatible network would list them. */
export function serviceNodesOf(view: DirectoryView | undefined): ServiceNodesResult {
  return {
    height: view?.document.epoch ?? 0,
    nodes: [...(view?.nodes.values() ?? [])].map(({ descriptor, swarmId }) => ({
      nodeId: descriptor.nodeId,
      x25519: descriptor.encryptionKey,
      ip: descriptor.address,
      httpsPort: descriptor.httpsPort,
      peerPort: descriptor.peerPort,
      swarmId,
    })),
  }
}

function parseBody(body: Uint8Array): JsonObject | undefined {
  try {
    const value = parseJson(fromUtf8(body))
    return isJsonObject(value) ? value : undefined
  } catch (error) {
    if (error instanceof MalformedInputError) return undefined
    throw error
  }
}

function json(status: number, body: JsonObject): PublicAnswer {
  return { status, contentType: 'application/json', body: utf8(JSON.stringify(body)) }
}
