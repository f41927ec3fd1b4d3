/** Statements that keep what other members lack. They run inside the transaction of their group. */
import type { NodeId, UnixMillis } from '@starling/protocol'
import { bucketOf, ITEM_ID_BYTES } from '../storage/buckets.ts'
import type { NewHint } from '../storage/node-store.ts'
import { hashBytes, memberBytes, recordBytes } from './key-bytes.ts'
import type { WriteContext } from './message-writes.ts'

export function createHintWrites({ db, counts }: WriteContext) {
  // Only while the message or record is here: its deletion takes its hints along, so that no hint is ever without it.
  const addMessage = db.prepare(`INSERT INTO hints(member, message, expiry)
    SELECT ?1, ref, ?4 FROM items WHERE bucket = ?2 AND id = ?3 AND ref > 0 ON CONFLICT DO NOTHING`)
  const addRecord = db.prepare(`INSERT INTO hints(member, record, expiry)
    SELECT ?1, id, ?3 FROM records WHERE key = ?2 ON CONFLICT DO NOTHING`)
  const addRequest = db.prepare('INSERT INTO hints(member, request, expiry) VALUES (?, ?, ?)')
  const settle = db.prepare('DELETE FROM hints WHERE id = ?')
  const postpone = db.prepare('UPDATE hints SET due = ?, attempts = attempts + 1 WHERE id = ?')
  const dropOf = db.prepare('DELETE FROM hints WHERE member = ?')
  const removeExpired = db.prepare(`DELETE FROM hints
    WHERE id IN (SELECT id FROM hints WHERE expiry <= ? ORDER BY expiry LIMIT ?)`)

  const add = ({ member, work, expiry }: NewHint): number | bigint => {
    const key = memberBytes(member)
    switch (work.kind) {
      case 'message':
        return addMessage.run(key, bucketOf(work.owner), hashBytes(work.hash).subarray(0, ITEM_ID_BYTES), expiry)
          .changes
      case 'record':
        return addRecord.run(key, recordBytes(work.id), expiry).changes
      case 'request':
        return addRequest.run(key, work.request, expiry).changes
      default:
        return work satisfies never
    }
  }

  return {
    add(hints: readonly NewHint[]): undefined {
      for (const hint of hints) counts.hints += Number(add(hint))
    },
    settle(ids: readonly number[]): undefined {
      for (const id of ids) counts.hints -= Number(settle.run(id).changes)
    },
    postpone(ids: readonly number[], until: number): undefined {
      for (const id of ids) postpone.run(until, id)
    },
    dropOf(member: NodeId): undefined {
      counts.hints -= Number(dropOf.run(memberBytes(member)).changes)
    },
    deleteExpired(now: UnixMillis, limit: number): number {
      const deleted = Number(removeExpired.run(now, limit).changes)
      counts.hints -= deleted
      return deleted
    },
  }
}
