/** `oxend_request`: what a chain daemon would answer. Here only the list of all nodes, which compatible clients refresh from. */
import { fromHex, toHex } from '../../bytes/hex.ts'
import { isJsonObject, type JsonObject } from '../../codec/json.ts'
import type { X25519PublicKey } from '../../crypto/keys.ts'
import { MalformedInputError } from '../../errors.ts'
import { type NodeId, parseNodeId } from '../../swarm/node-id.ts'
import { formatSwarmId, parseSwarmId, type SwarmId } from '../../swarm/swarm-id.ts'
import { requestFaults } from '../answers.ts'
import { refuse, required, string } from '../fields.ts'
import { defineMethod } from '../method.ts'
import type { SwarmNode } from './get-swarm.ts'

const ENDPOINT = 'get_service_nodes'

export type ServiceNode = SwarmNode & { readonly swarmId: SwarmId }

/** `height` of the chain; of a network without one: the epoch. */
export type ServiceNodesResult = { readonly height: number; readonly nodes: readonly ServiceNode[] }

export const oxendRequest = defineMethod({
  name: 'oxend_request',
  recursive: false,
  notForwarded: [],
  // `params` says which fields of which nodes are wanted: all are given.
  fields: { endpoint: string },
  read(fields): Readonly<Record<never, never>> {
    const endpoint = required(fields.endpoint, 'endpoint')
    return endpoint === ENDPOINT ? {} : refuse(requestFaults.daemonEndpoint(endpoint))
  },
  write: () => ({ endpoint: ENDPOINT }),
  access: undefined,
  result: {
    write: (result: ServiceNodesResult) => ({ result: writeServiceNodes(result) }),
    read: ({ result }): ServiceNodesResult => readServiceNodes(result),
  },
})

/** The daemon's own result, as seeds answer it too. Clients drop the whole list if a field of a node is missing. */
export function writeServiceNodes({ height, nodes }: ServiceNodesResult): JsonObject {
  return { height, service_node_states: nodes.map(writeNode), status: 'OK' }
}

function writeNode({ nodeId, x25519, ip, httpsPort, peerPort, swarmId }: ServiceNode): JsonObject {
  return {
    service_node_pubkey: nodeId,
    pubkey_ed25519: nodeId,
    pubkey_x25519: toHex(x25519),
    public_ip: ip,
    storage_port: httpsPort,
    storage_lmq_port: peerPort,
    swarm: formatSwarmId(swarmId),
    active: true,
    funded: true,
    requested_unlock_height: 0,
  }
}

function readServiceNodes(value: unknown): ServiceNodesResult {
  const { height, service_node_states: states } = isJsonObject(value) ? value : {}
  if (!Number.isSafeInteger(height) || !Array.isArray(states)) throw new MalformedInputError('rpc_result', 'nodes')
  return { height: height as number, nodes: states.map(readNode) }
}

function readNode(source: unknown): ServiceNode {
  const {
    pubkey_ed25519: key,
    pubkey_x25519: x25519,
    public_ip: ip,
    storage_port: httpsPort,
    storage_lmq_port: peerPort,
    swarm,
  } = isJsonObject(source) ? source : {}
  const isPort = (port: unknown): port is number => Number.isInteger(port) && Number(port) >= 0 && Number(port) <= 65535
  if (!isKey(key) || !isKey(x25519) || typeof ip !== 'string' || typeof swarm !== 'string') throw badNode()
  if (!isPort(httpsPort) || !isPort(peerPort)) throw badNode()
  const x25519Key = fromHex(x25519) as X25519PublicKey
  return {
    nodeId: parseNodeId(key) as NodeId,
    x25519: x25519Key,
    ip,
    httpsPort,
    peerPort,
    swarmId: parseSwarmId(swarm),
  }
}

function isKey(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)
}

function badNode(): MalformedInputError {
  return new MalformedInputError('rpc_result', 'node')
}
