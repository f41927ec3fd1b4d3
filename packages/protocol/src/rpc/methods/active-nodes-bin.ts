/**
 * `active_nodes_bin`: all nodes, 51 bytes each. The answer has no fields: it is these bytes alone, or their base64 where
 * it stands in JSON.
 */
import { concatBytes } from '../../bytes/bytes.ts'
import { bytes, CodecError, codec, type Decoded, struct, u8, u16be, u64be } from '../../codec/codec.ts'
import type { Ed25519PublicKey } from '../../crypto/keys.ts'
import { MalformedInputError } from '../../errors.ts'
import { type NodeId, nodeIdBytes, nodeIdOf } from '../../swarm/node-id.ts'
import { type SwarmId, swarmId } from '../../swarm/swarm-id.ts'
import type { Method } from '../method.ts'

const RECORD_SIZE = 51

const activeNode = struct({
  nodeId: codec<NodeId>(
    (id, out) => out.push(nodeIdBytes(id)),
    (reader) => nodeIdOf(bytes<Ed25519PublicKey>(32).read(reader)),
  ),
  swarmId: codec<SwarmId>(
    (id, out) => u64be.write(id, out),
    (reader) => swarmId(u64be.read(reader)),
  ),
  ip: codec(
    (ip: string, out) => out.push(Uint8Array.from(ip.split('.'), Number)),
    (reader) => bytes(4).read(reader).join('.'),
  ),
  httpsPort: u16be,
  peerPort: u16be,
  /** Of the node's storage RPC. */
  version: codec<readonly [number, number, number]>(
    (version, out) => {
      for (const part of version) u8.write(part, out)
    },
    (reader) => [u8.read(reader), u8.read(reader), u8.read(reader)],
  ),
})

export type ActiveNode = Decoded<typeof activeNode>
export type ActiveNodesResult = { readonly nodes: readonly ActiveNode[] }

type None = Readonly<Record<never, never>>

export const activeNodesBin: Method<'active_nodes_bin', None, None, ActiveNodesResult, Uint8Array> = {
  name: 'active_nodes_bin',
  recursive: false,
  notForwarded: [],
  fields: {},
  read: () => ({}),
  write: () => ({}),
  access: undefined,
  result: {
    write: ({ nodes }) => concatBytes(...nodes.map((node) => activeNode.encode(node))),
    read(body) {
      if (body.length % RECORD_SIZE !== 0) throw new MalformedInputError('rpc_result', `${body.length} bytes`)
      const count = body.length / RECORD_SIZE
      return { nodes: Array.from({ length: count }, (_, index) => decodeNode(body, index * RECORD_SIZE)) }
    },
  },
}

/** @throws {MalformedInputError} `rpc_result` */
function decodeNode(body: Uint8Array, start: number): ActiveNode {
  try {
    return activeNode.decode(body.subarray(start, start + RECORD_SIZE))
  } catch (error) {
    if (error instanceof CodecError || error instanceof MalformedInputError)
      throw new MalformedInputError('rpc_result', 'node', { cause: error })
    throw error
  }
}
