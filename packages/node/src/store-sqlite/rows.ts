/**
 * Rows of the database, checked by hand: ten messages of a retrieve would take the main thread longer through a schema
 * than out of the database. A file can be damaged, or changed by other hands.
 */
import {
  encodeRecordId,
  type MessageHash,
  type Namespace,
  type NodeId,
  type Owner,
  parseMessageHash,
  parseNamespace,
  parseNodeId,
  parseOwner,
  toBase64Unpadded,
  toHex,
  type UnixMillis,
  unixMillis,
} from '@starling/protocol'
import type { ChangeRecord } from '../storage/change-record.ts'
import type { StoredMessage } from '../storage/node-store.ts'
import { changeOf } from './record-kinds.ts'
import { DamagedError } from './sqlite-failure.ts'

/** A row as an object: the names are those of the columns. */
export type Row = Record<string, unknown>

export function blobOf(row: Row, column: string, length?: number): Uint8Array {
  const value = row[column]
  if (!(value instanceof Uint8Array) || (length !== undefined && value.length !== length)) throw new DamagedError()
  return value
}

export function integerOf(row: Row, column: string): number {
  const value = row[column]
  if (!Number.isSafeInteger(value)) throw new DamagedError()
  return value as number
}

export function timeOf(row: Row, column: string): UnixMillis {
  return unixMillis(integerOf(row, column))
}

export function hashOf(row: Row): MessageHash {
  return parseMessageHash(toBase64Unpadded(blobOf(row, 'hash', 32)))
}

export function ownerOf(row: Row): Owner {
  return parseOwner(toHex(blobOf(row, 'owner', 33)))
}

export function memberOf(row: Row): NodeId {
  return parseNodeId(toHex(blobOf(row, 'member', 32)))
}

/** Of the columns `MESSAGE_COLUMNS`. */
export function messageOf(row: Row, owner: Owner, namespace: Namespace): StoredMessage {
  return {
    hash: hashOf(row),
    owner,
    namespace,
    timestamp: timeOf(row, 'timestamp'),
    expiry: timeOf(row, 'expiry'),
    storedAt: timeOf(row, 'stored_at'),
    data: blobOf(row, 'data'),
    authorisation: blobOf(row, 'authorisation'),
  }
}

export const MESSAGE_COLUMNS = 'm.hash, m.timestamp, m.expiry, m.stored_at, m.data, m.authorisation'

/** As other members are told of messages: with the expiry that was given, if it is later than the one that holds. */
export const TOLD_COLUMNS = `m.hash, m.timestamp, MAX(m.expiry, COALESCE(m.given, 0)) AS expiry, m.stored_at, m.data,
  m.authorisation`

/** With the owner's key as `owner`, and `namespace`. */
export function placedMessageOf(row: Row): StoredMessage {
  return messageOf(row, ownerOf(row), namespaceOf(row))
}

/** Of the columns `RECORD_COLUMNS`, and the owner's key as `owner`. */
export function recordOf(row: Row): ChangeRecord {
  const change = changeOf({
    kind: integerOf(row, 'kind'),
    namespace: row['namespace'] === null ? null : namespaceOf(row),
    before: row['before'] === null ? null : integerOf(row, 'before'),
    names: blobOf(row, 'names'),
  })
  if (!change) throw new DamagedError()
  const id = encodeRecordId(blobOf(row, 'key', 16))
  const [at, expiry, request] = [timeOf(row, 'at'), timeOf(row, 'expiry'), blobOf(row, 'request')]
  return { id, owner: ownerOf(row), at, expiry, request, change }
}

export const RECORD_COLUMNS = 'r.key, r.kind, r.at, r.expiry, r.namespace, r.before, r.names, r.request'

function namespaceOf(row: Row): Namespace {
  const value = integerOf(row, 'namespace')
  if (value < -32768 || value > 32767) throw new DamagedError()
  return parseNamespace(value)
}
