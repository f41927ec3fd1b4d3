/** What names a node: its Ed25519 public key, as text. */
import type { Brand } from '../brand.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import type { Ed25519PublicKey } from '../crypto/keys.ts'
import { MalformedInputError } from '../errors.ts'

/** 64 lower-case hex digits: the node's Ed25519 public key. Text order is the order of the key's bytes. */
export type NodeId = Brand<string, 'NodeId'>

/**
 * Parses a node ID: 64 lower-case hex digits. Whether they are a point of the curve shows when a signature is verified.
 *
 * @throws {MalformedInputError} `node_id`
 */
export function parseNodeId(text: string): NodeId {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new MalformedInputError('node_id', `${text.length} characters`)
  return text as NodeId
}

/** The 32 bytes of the key, in a new array. */
export function nodeIdBytes(id: NodeId): Ed25519PublicKey {
  return fromHex(id) as Ed25519PublicKey
}

/** The node ID of a public key of 32 bytes. */
export function nodeIdOf(key: Ed25519PublicKey): NodeId {
  return parseNodeId(toHex(key))
}

/** Order of node IDs, which is that of their keys' bytes. */
export function compareNodeIds(a: NodeId, b: NodeId): number {
  return a < b ? -1 : Number(a > b)
}
