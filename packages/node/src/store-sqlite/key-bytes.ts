/** Names as the database holds them. Imports nothing: the writer's thread starts quickly. */
import { Buffer } from 'node:buffer'
import type { MessageHash, NodeId, Owner } from '@starling/protocol'

/** 43 characters of base64 → 32 bytes. */
export const hashBytes = (hash: MessageHash): Uint8Array => Buffer.from(hash, 'base64')

/** 66 hex digits → 33 bytes. */
export const ownerBytes = (owner: Owner): Uint8Array => Buffer.from(owner, 'hex')

/** 64 hex digits → 32 bytes. */
export const memberBytes = (member: NodeId): Uint8Array => Buffer.from(member, 'hex')
