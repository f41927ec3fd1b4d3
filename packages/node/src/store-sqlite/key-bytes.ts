/** Names as the database holds them. Imports types alone: the writer's thread starts quickly. */
import { Buffer } from 'node:buffer'
import type { MessageHash, NodeId, Owner, RecordId } from '@starling/protocol'

/** 43 characters of base64 → 32 bytes. */
export const hashBytes = (hash: MessageHash): Uint8Array => Buffer.from(hash, 'base64')

/** 32 bytes → 43 characters of base64. */
export const hashText = (bytes: Uint8Array): MessageHash => base64(bytes).slice(0, 43) as MessageHash

/** 66 hex digits → 33 bytes. */
export const ownerBytes = (owner: Owner): Uint8Array => Buffer.from(owner, 'hex')
export const ownerText = (bytes: Uint8Array): Owner => hex(bytes) as Owner

/** 64 hex digits → 32 bytes. */
export const memberBytes = (member: NodeId): Uint8Array => Buffer.from(member, 'hex')

/** 32 hex digits → 16 bytes. */
export const recordBytes = (id: RecordId): Uint8Array => Buffer.from(id, 'hex')
export const recordText = (bytes: Uint8Array): RecordId => hex(bytes) as RecordId

const view = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
const base64 = (bytes: Uint8Array): string => view(bytes).toString('base64')
const hex = (bytes: Uint8Array): string => view(bytes).toString('hex')
