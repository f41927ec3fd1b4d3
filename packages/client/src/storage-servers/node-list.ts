/**
 * Lists of nodes as seeds and nodes of a compatible network give them, unsigned; and what several of them agree on. Pure.
 * docs/protocol/storage-servers.md §2.
 */
import {
  buildDocument,
  type DocumentHash,
  days,
  type Epoch,
  fromHex,
  isJsonObject,
  MAX_DOCUMENT_ENTRIES,
  MalformedInputError,
  type NetworkId,
  type NodeEntry,
  type NodeId,
  parseIpv4Address,
  parseNodeId,
  swarmId,
  toHex,
  type UnixMillis,
  unixMillis,
  type X25519PublicKey,
} from '@starling/protocol'

/** A list is used on when it is older, as stale. */
const LIFETIME = days(2)
const KEY = /^[0-9a-f]{64}$/
const SWARM = /^[0-9a-f]{1,16}$/

export type NodeList = {
  /** Of the chain that the network follows. */
  readonly height: number
  readonly nodes: ReadonlyMap<NodeId, NodeEntry>
}

/** What is asked for: both keys, where the node is, and its swarm as text, since the number is too large for JSON. */
export const NODE_LIST_PARAMS = {
  active_only: true,
  fields: {
    public_ip: true,
    storage_port: true,
    storage_lmq_port: true,
    pubkey_x25519: true,
    pubkey_ed25519: true,
    swarm: true,
    requested_unlock_height: true,
    height: true,
  },
} as const

/**
 * Entries that are incomplete, have no address or are in no swarm are left out.
 *
 * @throws {MalformedInputError} `rpc_result`, if it is no list at all, or one of over 10,000 entries
 */
export function parseNodeList(value: unknown): NodeList {
  const { height, service_node_states: states } = isJsonObject(value) ? value : {}
  if (!Number.isSafeInteger(height) || !Array.isArray(states)) throw new MalformedInputError('rpc_result', 'nodes')
  if (states.length > MAX_DOCUMENT_ENTRIES) throw new MalformedInputError('rpc_result', 'too many nodes')
  const nodes = new Map<NodeId, NodeEntry>()
  for (const state of states) {
    const entry = readEntry(state)
    if (entry !== undefined) nodes.set(entry.descriptor.nodeId, entry)
  }
  return { height: Math.max(1, height as number), nodes }
}

/**
 * Nodes that several lists name with the same keys and the same address; a single list cannot bring in a node, nor change
 * one. Their swarm is what most of those lists say.
 *
 * @param options.needed how many lists must name a node that `known` has just so
 * @param options.neededForNew how many must name another
 */
export function agreeOnNodes(
  lists: readonly NodeList[],
  options: {
    readonly known?: ReadonlyMap<NodeId, NodeEntry> | undefined
    readonly needed: number
    readonly neededForNew: number
  },
): NodeList {
  const { known, needed, neededForNew } = options
  const claims = new Map<string, NodeEntry[]>()
  for (const { nodes } of lists) {
    for (const entry of nodes.values()) {
      const key = identityOf(entry)
      const others = claims.get(key)
      if (others === undefined) claims.set(key, [entry])
      else others.push(entry)
    }
  }
  const agreed = new Map<NodeId, NodeEntry>()
  for (const [key, entries] of claims) {
    const { nodeId } = entries[0]!.descriptor
    const before = known?.get(nodeId)
    const isKnown = before !== undefined && identityOf(before) === key
    if (entries.length >= (isKnown ? needed : neededForNew)) agreed.set(nodeId, mostNamed(entries))
  }
  // The middle one: a single list says neither that it is late nor that it is early.
  const heights = lists.map(({ height }) => height).sort((a, b) => a - b)
  return { height: heights[Math.floor((heights.length - 1) / 2)] ?? 1, nodes: agreed }
}

/** The form in which the rest of the client knows nodes. Nobody signed it. */
export function documentOfList({ height, nodes }: NodeList, now: UnixMillis) {
  const nothing = new Uint8Array(32)
  return buildDocument({
    networkId: nothing as NetworkId,
    epoch: height as Epoch,
    previousHash: nothing as DocumentHash,
    validAfter: unixMillis(Math.floor(now)),
    validUntil: unixMillis(Math.floor(now) + LIFETIME),
    entries: [...nodes.values()],
  })
}

/** Everything by which a node is reached and spoken to. */
function identityOf({ descriptor }: NodeEntry): string {
  const { nodeId, encryptionKey, address, httpsPort } = descriptor
  return `${nodeId} ${toHex(encryptionKey)} ${address} ${httpsPort}`
}

function mostNamed(entries: readonly NodeEntry[]): NodeEntry {
  const count = (entry: NodeEntry) => entries.filter(({ swarmId }) => swarmId === entry.swarmId).length
  return entries.reduce((best, entry) => (count(entry) > count(best) ? entry : best))
}

function readEntry(state: unknown): NodeEntry | undefined {
  const {
    pubkey_ed25519: key,
    pubkey_x25519: x25519,
    public_ip: ip,
    storage_port: httpsPort,
    storage_lmq_port: peerPort,
    swarm,
  } = isJsonObject(state) ? state : {}
  if (!isKey(key) || !isKey(x25519) || !isPort(httpsPort) || ip === '0.0.0.0') return undefined
  if (typeof ip !== 'string' || typeof swarm !== 'string' || !SWARM.test(swarm)) return undefined
  try {
    return {
      swarmId: swarmId(BigInt(`0x${swarm}`)),
      descriptor: {
        version: 1,
        nodeId: parseNodeId(key),
        encryptionKey: fromHex(x25519) as X25519PublicKey,
        address: parseIpv4Address(ip),
        httpsPort,
        peerPort: isPort(peerPort) ? peerPort : httpsPort,
        certificateHash: new Uint8Array(32),
        webUrl: '',
        operator: '',
        softwareVersion: '',
        capabilities: 0,
        timestamp: unixMillis(0),
      },
    }
  } catch (error) {
    if (error instanceof MalformedInputError) return undefined
    throw error
  }
}

function isKey(value: unknown): value is string {
  return typeof value === 'string' && KEY.test(value)
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= 65_535
}
