/** Queries of what other members lack. */
import type { DatabaseSync } from 'node:sqlite'
import type { NodeId, UnixMillis } from '@starling/protocol'
import { HINT_BUDGET, type Hint, hintSize } from '../storage/node-store.ts'
import { memberBytes } from './key-bytes.ts'
import { blobOf, integerOf, memberOf, placedMessageOf, type Row, recordOf, TOLD_COLUMNS } from './rows.ts'

export function hintReads(db: DatabaseSync) {
  const due = db.prepare(`SELECT h.id AS hint, h.attempts, h.record, h.request AS forwarded,
    m.namespace, o.key AS owner, ${TOLD_COLUMNS}
    FROM hints h LEFT JOIN messages m ON m.id = h.message LEFT JOIN owners o ON o.id = m.owner
    WHERE h.member = ? AND h.due <= ? AND h.expiry > ? AND (h.message IS NULL OR m.expiry > ?)
    ORDER BY h.due, h.id LIMIT ?`)
  const record = db.prepare(`SELECT r.*, o.key AS owner FROM records r JOIN owners o ON o.id = r.owner WHERE r.id = ?`)
  const members = db.prepare(`WITH RECURSIVE walk(member) AS (
      SELECT MIN(member) FROM hints UNION ALL
      SELECT (SELECT MIN(h.member) FROM hints h WHERE h.member > walk.member) FROM walk WHERE walk.member IS NOT NULL)
    SELECT member FROM walk WHERE EXISTS (SELECT 1 FROM hints h WHERE h.member = walk.member AND h.expiry > ?)`)

  const workOf = (row: Row): Hint['work'] => {
    if (row['forwarded'] !== null) return { kind: 'request', request: blobOf(row, 'forwarded') }
    if (row['record'] === null) return { kind: 'message', message: placedMessageOf(row) }
    return { kind: 'record', record: recordOf(record.get(integerOf(row, 'record')) ?? {}) }
  }

  return {
    dueHints({ member, now, limit }: { member: NodeId; now: UnixMillis; limit: number }): Hint[] {
      const hints: Hint[] = []
      let size = 0
      for (const row of due.iterate(memberBytes(member), now, now, now, limit)) {
        const work = workOf(row)
        size += hintSize(work)
        if (hints.length > 0 && size > HINT_BUDGET) break
        hints.push({ id: integerOf(row, 'hint'), member, attempts: integerOf(row, 'attempts'), work })
      }
      return hints
    },
    hintedMembers: (now: UnixMillis): NodeId[] => members.all(now).map(memberOf),
  }
}
