/** Queries of messages. */
import type { DatabaseSync } from 'node:sqlite'
import type { MessageHash, Owner, UnixMillis } from '@starling/protocol'
import { bucketOf, ITEM_ID_BYTES } from '../storage/buckets.ts'
import { type HashExpiry, type RetrieveQuery, retrieveCost, type StoredMessage } from '../storage/node-store.ts'
import { hashBytes, ownerBytes } from './key-bytes.ts'
import { hashOf, MESSAGE_COLUMNS, messageOf, ownerOf, type Row, timeOf } from './rows.ts'

export function messageReads(db: DatabaseSync) {
  const arrived = afterCursor(db, { direction: '>', order: 'ASC', beginning: '0' })
  const reverse = afterCursor(db, { direction: '<', order: 'DESC', beginning: '9223372036854775807' })
  const expiryOf = db.prepare(`SELECT m.hash, m.expiry FROM items i JOIN messages m ON m.id = i.ref
    WHERE i.bucket = ? AND i.id = ? AND m.owner = (SELECT id FROM owners WHERE key = ?)`)
  const hashesOf = db.prepare(`SELECT m.hash, m.expiry FROM places p JOIN messages m ON m.id = p.message
    WHERE p.owner = (SELECT id FROM owners WHERE key = ?) ORDER BY p.message`)
  const owners = db.prepare('SELECT key AS owner FROM owners WHERE key > ? ORDER BY key LIMIT ?')

  return {
    retrieve(query: RetrieveQuery): { messages: StoredMessage[]; more: boolean } {
      const { owner, namespace, now, sizeBudget, countLimit } = query
      const bucket = query.after === undefined ? -1 : bucketOf(owner)
      const cursor = query.after === undefined ? null : itemId(query.after)
      const rows = (query.reverse ? reverse : arrived).iterate(ownerBytes(owner), namespace, now, bucket, cursor)
      const messages: StoredMessage[] = []
      let size = 0
      for (const row of rows) {
        const message = messageOf(row, owner, namespace)
        size += retrieveCost(message.data.length)
        if (messages.length > 0 && (size > sizeBudget || messages.length >= countLimit)) return { messages, more: true }
        messages.push(message)
      }
      return { messages, more: false }
    },
    expiries(owner: Owner, hashes: readonly MessageHash[]): ReadonlyMap<MessageHash, UnixMillis> {
      const [bucket, key] = [bucketOf(owner), ownerBytes(owner)]
      const rows = hashes.map((hash) => expiryOf.get(bucket, itemId(hash), key)).filter((row) => row !== undefined)
      return new Map(rows.map((row) => [hashOf(row), timeOf(row, 'expiry')]))
    },
    hashesOf(owner: Owner): HashExpiry[] {
      return hashesOf.all(ownerBytes(owner)).map(hashExpiryOf)
    },
    owners(after: Owner | undefined, limit: number): Owner[] {
      return owners.all(after === undefined ? new Uint8Array() : ownerBytes(after), limit).map(ownerOf)
    },
  }
}

/** Messages of an owner and namespace, from the cursor on if it is one of them, else from the beginning. */
function afterCursor(
  db: DatabaseSync,
  { direction, order, beginning }: Record<'direction' | 'order' | 'beginning', string>,
) {
  return db.prepare(`SELECT ${MESSAGE_COLUMNS}
    FROM (SELECT id FROM owners WHERE key = ?1) o JOIN places p ON p.owner = o.id JOIN messages m ON m.id = p.message
    WHERE p.namespace = ?2 AND m.expiry > ?3 AND p.message ${direction} COALESCE((SELECT c.message
      FROM items i JOIN places c ON c.message = i.ref
      WHERE i.bucket = ?4 AND i.id = ?5 AND c.owner = o.id AND c.namespace = ?2), ${beginning})
    ORDER BY p.message ${order}`)
}

const itemId = (hash: MessageHash): Uint8Array => hashBytes(hash).subarray(0, ITEM_ID_BYTES)
const hashExpiryOf = (row: Row): HashExpiry => ({ hash: hashOf(row), expiry: timeOf(row, 'expiry') })
