/** Queries of change records. */
import type { DatabaseSync } from 'node:sqlite'
import type { Owner, RecordId, UnixMillis } from '@starling/protocol'
import { type ChangeRecord, revokedTokensOf, type TokenText } from '../storage/change-record.ts'
import { ownerBytes, recordBytes } from './key-bytes.ts'
import { CLASS_KINDS } from './record-kinds.ts'
import { RECORD_COLUMNS, recordOf } from './rows.ts'

const FROM = `SELECT ${RECORD_COLUMNS}, o.key AS owner FROM records r JOIN owners o ON o.id = r.owner`

export function recordReads(db: DatabaseSync) {
  const byKey = db.prepare(`${FROM} WHERE r.key = ?`)
  const byOwner = db.prepare(`${FROM} WHERE o.key = ? ORDER BY r.id`)
  const revocations = db.prepare(`${FROM} WHERE o.key = ? AND r.kind IN ${CLASS_KINDS.revocation}`)

  return {
    recordsOf: (owner: Owner): ChangeRecord[] => byOwner.all(ownerBytes(owner)).map(recordOf),
    recordsById(ids: readonly RecordId[]): ChangeRecord[] {
      const rows = ids.map((id) => byKey.get(recordBytes(id))).filter((row) => row !== undefined)
      return rows.map(recordOf)
    },
    revokedTokens(owner: Owner): Map<TokenText, UnixMillis> {
      return revokedTokensOf(revocations.all(ownerBytes(owner)).map(recordOf))
    },
  }
}
