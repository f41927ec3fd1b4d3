/** `get_swarm`: which nodes keep the messages of an owner. Any node answers, for anybody. */

import { toBase32z } from '../../bytes/base32z.ts'
import { fromHex, toHex } from '../../bytes/hex.ts'
import { isJsonObject, type JsonObject } from '../../codec/json.ts'
import type { X25519PublicKey } from '../../crypto/keys.ts'
import { MalformedInputError } from '../../errors.ts'
import type { Owner } from '../../identity/account-id.ts'
import { type NodeId, nodeIdBytes, parseNodeId } from '../../swarm/node-id.ts'
import { formatSwarmId, NO_SWARM, parseSwarmId, type SwarmId } from '../../swarm/swarm-id.ts'
import { requestFaults } from '../answers.ts'
import { owner, refuse, required } from '../fields.ts'
import { defineMethod } from '../method.ts'

export type GetSwarmParams = { readonly owner: Owner }

export type SwarmNode = {
  readonly nodeId: NodeId
  readonly x25519: X25519PublicKey
  readonly ip: string
  readonly httpsPort: number
  /** Of node-to-node traffic: what compatible clients know as OMQ and QUIC. */
  readonly peerPort: number
}

/** `swarm` is `undefined` where there are no swarms. */
export type GetSwarmResult = { readonly swarm: SwarmId | undefined; readonly nodes: readonly SwarmNode[] }

const ownerField = owner(requestFaults.ownerOfSwarm)

export const getSwarm = defineMethod({
  name: 'get_swarm',
  recursive: false,
  notForwarded: [],
  fields: { pubKey: ownerField, pubkey: ownerField },
  read({ pubkey, pubKey }): GetSwarmParams {
    if (pubkey !== undefined && pubKey !== undefined) refuse(requestFaults.both('pubkey', 'pubKey'))
    return { owner: required(pubkey ?? pubKey, 'pubkey') }
  },
  write: ({ owner }) => ({ pubKey: undefined, pubkey: owner }),
  access: undefined,
  result: {
    write: ({ swarm, nodes }: GetSwarmResult) => ({
      snodes: nodes.map(writeNode),
      swarm: swarm === undefined ? NO_SWARM.toString(16) : formatSwarmId(swarm),
    }),
    read(body): GetSwarmResult {
      const { swarm, snodes } = body
      if (!Array.isArray(snodes) || typeof swarm !== 'string') throw new MalformedInputError('rpc_result', 'swarm')
      const nodes = snodes.map(readNode).filter((node) => node !== undefined)
      return { swarm: swarm === NO_SWARM.toString(16) ? undefined : parseSwarmId(swarm), nodes }
    },
  },
})

/** All fields that any client reads. Our nodes have one Ed25519 key, which is their legacy key too. */
function writeNode({ nodeId, x25519, ip, httpsPort, peerPort }: SwarmNode): JsonObject {
  return {
    address: `${toBase32z(nodeIdBytes(nodeId))}.snode`,
    pubkey_legacy: nodeId,
    pubkey_ed25519: nodeId,
    pubkey_x25519: toHex(x25519),
    port: String(httpsPort),
    port_https: httpsPort,
    port_omq: peerPort,
    port_quic: peerPort,
    ip,
  }
}

/** `undefined` for a node without an address. @throws {MalformedInputError} `rpc_result` */
function readNode(source: unknown): SwarmNode | undefined {
  if (!isJsonObject(source)) throw new MalformedInputError('rpc_result', 'node')
  const {
    pubkey_ed25519: key,
    pubkey_x25519: x25519,
    ip,
    port,
    port_https: https = Number(port),
    port_omq: peer = 0,
  } = source
  const isKey = (text: unknown): text is string => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text)
  if (!isKey(key) || !isKey(x25519) || typeof ip !== 'string' || !isPort(https) || !isPort(peer)) {
    throw new MalformedInputError('rpc_result', 'node')
  }
  if (ip === '0.0.0.0') return undefined
  return { nodeId: parseNodeId(key), x25519: fromHex(x25519) as X25519PublicKey, ip, httpsPort: https, peerPort: peer }
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 65535
}
