/** Queries of what members compare. */
import type { DatabaseSync } from 'node:sqlite'
import { ITEM_ID_BYTES } from '../storage/buckets.ts'
import type { BucketDigest, BucketItem, StoredMessage } from '../storage/node-store.ts'
import { bucketReader } from './bucket-table.ts'
import { blobOf, integerOf, ownerOf, placedMessageOf, TOLD_COLUMNS } from './rows.ts'

export function bucketReads(db: DatabaseSync) {
  const read = bucketReader(db)
  const items = db.prepare(`SELECT i.id, i.ref, o.key AS owner FROM items i JOIN owners o ON o.id = i.owner
    WHERE i.bucket = ? AND i.id > ? ORDER BY i.id LIMIT ?`)
  const message = db.prepare(`SELECT ${TOLD_COLUMNS}, m.namespace, o.key AS owner
    FROM items i JOIN messages m ON m.id = i.ref JOIN owners o ON o.id = m.owner WHERE i.bucket = ? AND i.id = ?`)

  return {
    digests: (): Map<number, BucketDigest> => new Map([...read()].filter(([, { count }]) => count > 0)),
    itemsIn(bucket: number, after: Uint8Array | undefined, limit: number): BucketItem[] {
      return items.all(bucket, after ?? new Uint8Array(), limit).map((row) => ({
        id: blobOf(row, 'id', ITEM_ID_BYTES),
        kind: integerOf(row, 'ref') > 0 ? 'message' : 'record',
        owner: ownerOf(row),
      }))
    },
    messagesByItem(wanted: readonly { readonly bucket: number; readonly id: Uint8Array }[]): StoredMessage[] {
      const rows = wanted.map(({ bucket, id }) => message.get(bucket, id)).filter((row) => row !== undefined)
      return rows.map(placedMessageOf)
    },
  }
}
