/** Directories of networks of any shape, without keys or signatures: for tests of what is chosen from them. */
import {
  buildDocument,
  type Descriptor,
  DirectoryView,
  type DocumentHash,
  type Epoch,
  type NetworkId,
  type NodeEntry,
  parseIpv4Address,
  parseNodeId,
  swarmId,
  unixMillis,
  type X25519PublicKey,
} from '@starling/protocol'

export type Shape = {
  readonly nodes: number
  readonly operators: number
  readonly subnets: number
  readonly swarms: number
  readonly seed: number
}

/** Nodes are dealt out to operators, subnets and swarms in turn. */
export function networkOf({ nodes, operators, subnets, swarms }: Omit<Shape, 'seed'>): DirectoryView {
  return viewOf(
    Array.from({ length: nodes }, (_, i) => ({
      swarm: i % swarms,
      operator: `operator ${i % operators}`,
      address: `10.${i % subnets}.0.${1 + (i % 250)}`,
    })),
  )
}

/** The nodes in this order; their IDs are the numbers from 0. An empty operator is none. */
export function viewOf(
  nodes: readonly { readonly swarm: number; readonly operator: string; readonly address: string }[],
): DirectoryView {
  const entries = nodes.map(
    ({ swarm, operator, address }, i): NodeEntry => ({
      swarmId: swarmId(BigInt(swarm)),
      descriptor: descriptorOf(i, operator, address),
    }),
  )
  const empty = new Uint8Array(32)
  return new DirectoryView(
    buildDocument({
      networkId: empty as NetworkId,
      epoch: 1 as Epoch,
      previousHash: empty as DocumentHash,
      validAfter: unixMillis(0),
      validUntil: unixMillis(1),
      entries,
    }),
  )
}

function descriptorOf(i: number, operator: string, address: string): Descriptor {
  return {
    version: 1,
    nodeId: parseNodeId(i.toString(16).padStart(64, '0')),
    encryptionKey: new Uint8Array(32) as X25519PublicKey,
    address: parseIpv4Address(address),
    httpsPort: 1,
    peerPort: 1,
    certificateHash: new Uint8Array(32),
    webUrl: '',
    operator,
    softwareVersion: '',
    capabilities: 0,
    timestamp: unixMillis(0),
  }
}
