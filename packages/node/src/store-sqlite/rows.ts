/** Rows of the database, parsed: a file can be damaged, or changed by other hands. */
import {
  type MessageHash,
  type NodeId,
  type Owner,
  parseMessageHash,
  parseNamespace,
  parseNodeId,
  parseOwner,
  toBase64Unpadded,
  toHex,
  unixMillis,
} from '@starling/protocol'
import { z } from 'zod'
import { NodeStoreError } from '../storage/node-store-error.ts'

const blob = z.instanceof(Uint8Array)
const integer = z.number().int()

export const hashColumn = blob.transform((bytes): MessageHash => parseMessageHash(toBase64Unpadded(bytes)))
export const ownerColumn = blob.transform((bytes): Owner => parseOwner(toHex(bytes)))
export const memberColumn = blob.transform((bytes): NodeId => parseNodeId(toHex(bytes)))
export const timeColumn = integer.transform(unixMillis)

export const expiryRow = z.object({ hash: hashColumn, expiry: timeColumn })
export const countRow = z.object({ value: integer })
export const valueRow = z.object({ value: blob })
export const ownerRow = z.object({ owner: ownerColumn })
export const memberRow = z.object({ member: memberColumn })

/** Without owner and namespace, which the query gives. */
export const messageRow = z.object({
  hash: hashColumn,
  timestamp: timeColumn,
  expiry: timeColumn,
  data: blob,
  authorisation: blob,
})
export const placedMessageRow = messageRow.extend({ owner: ownerColumn, namespace: integer.transform(parseNamespace) })
export const hintRow = z.object({ id: integer, attempts: integer, request: z.union([blob, z.null()]) })

/** @throws {NodeStoreError} `io`, if the row is not what this storage writes. */
export function parseRow<Schema extends z.ZodType>(schema: Schema, row: unknown): z.output<Schema> {
  try {
    return schema.parse(row)
  } catch {
    throw new NodeStoreError('io', { cause: new Error('a damaged row') }) // the parser's words could hold content
  }
}
