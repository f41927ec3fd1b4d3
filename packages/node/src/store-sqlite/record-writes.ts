/** Statements that keep change records and carry them out. They run inside the transaction of their group. */
import type { Namespace, Owner, RecordId, UnixMillis } from '@starling/protocol'
import {
  type Change,
  type ChangeRecord,
  isRevocation,
  RECORD_LIMITS,
  revokedTokensOf,
  type TokenText,
  tokenText,
} from '../storage/change-record.ts'
import type { ChangeOutcome, PlacedHash } from '../storage/node-store.ts'
import { sortedTexts } from '../storage/sorted.ts'
import { hashText, recordBytes } from './key-bytes.ts'
import type { MessageWrites, WriteContext } from './message-writes.ts'
import type { OwnerEntry } from './owner-table.ts'
import { changeColumns, changeOf, FIRST_REVOCATION, KINDS } from './record-kinds.ts'
import { DamagedError } from './sqlite-failure.ts'

/** Revocations of an owner who still has messages are looked at again after this. */
const REVIEW = 86_400_000

export function createRecordWrites(context: WriteContext, messages: MessageWrites) {
  const { db, counts, owners, buckets } = context
  const insert = db.prepare(`INSERT INTO records(key, owner, kind, at, expiry, due, namespace, before, names, request)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(key) DO NOTHING`)
  const insertItem = db.prepare('INSERT INTO items(bucket, id, ref, owner) VALUES (?, ?, ?, ?)')
  const insertTombstone = db.prepare('INSERT OR IGNORE INTO tombstones(owner, item, record) VALUES (?, ?, ?)')
  const byKey = db.prepare('SELECT id FROM records WHERE key = ? AND owner = ?')
  const byId = db.prepare('SELECT key, kind, names FROM records WHERE id = ?')
  const remove = db.prepare('DELETE FROM records WHERE id = ?')
  const removeItem = db.prepare('DELETE FROM items WHERE bucket = ? AND id = ?')
  const removeTombstone = db.prepare('DELETE FROM tombstones WHERE owner = ? AND item = ? AND record = ?')
  const removeHints = db.prepare('DELETE FROM hints WHERE record = ?')
  const revocations = db.prepare(`SELECT kind, at, names FROM records WHERE owner = ? AND kind >= ${FIRST_REVOCATION}`)
  const olderDeletions = db.prepare(`SELECT id, length(request) AS size FROM records
    WHERE owner = ? AND kind < ${FIRST_REVOCATION} ORDER BY at DESC, key DESC`)
  const olderRevocations = db.prepare(`SELECT id FROM records
    WHERE owner = ? AND kind >= ${FIRST_REVOCATION} ORDER BY at DESC, key DESC LIMIT -1 OFFSET ${RECORD_LIMITS.revocations}`)
  const usage = db.prepare(`SELECT COUNT(*) AS records, COALESCE(SUM(length(request)), 0) AS bytes FROM records
    WHERE owner = ? AND kind < ${FIRST_REVOCATION}`)
  const covered = db.prepare(`SELECT m.id, m.namespace, m.hash FROM places p JOIN messages m ON m.id = p.message
    WHERE p.owner = ?1 AND (?2 IS NULL OR p.namespace = ?2) AND m.stored_at <= ?3 AND (?4 IS NULL OR m.timestamp <= ?4)`)
  const due = db.prepare('SELECT id, owner, kind FROM records WHERE due <= ? ORDER BY due LIMIT ?')
  const review = db.prepare(`UPDATE records SET due = ?1 WHERE id = ?2
    AND EXISTS (SELECT 1 FROM places WHERE owner = records.owner)`)

  const revokedTokens = (owner: OwnerEntry): Map<TokenText, UnixMillis> =>
    revokedTokensOf(
      revocations.all(owner.id).map(({ kind, at, names }) => {
        const change = changeOf({ kind: Number(kind), namespace: null, before: null, names: names as Uint8Array })
        if (!change) throw new DamagedError()
        return { at: Number(at) as UnixMillis, change }
      }),
    )

  const drop = (owner: OwnerEntry, id: number) => {
    const row = byId.get(id)
    if (!row) return
    const key = row['key'] as Uint8Array
    remove.run(id)
    removeItem.run(owner.bucket, key)
    buckets.change(owner.bucket, key, -1)
    if (Number(row['kind']) === KINDS.delete) {
      for (const item of itemsOf(row['names'] as Uint8Array)) removeTombstone.run(owner.id, item, id)
    }
    if (counts.hints > 0) counts.hints -= Number(removeHints.run(id).changes)
    counts.records--
    owners.reduce(owner)
  }

  /** Which records stay depends on the records alone, not on the order in which they came: members end up alike. */
  const dropExcess = (owner: OwnerEntry, change: Change) => {
    if (isRevocation(change)) {
      for (const { id } of olderRevocations.all(owner.id)) drop(owner, Number(id))
      return
    }
    const { records, bytes } = usage.get(owner.id)!
    if (Number(records) <= RECORD_LIMITS.deletions && Number(bytes) <= RECORD_LIMITS.deletionBytes) return
    let [number, total] = [0, 0]
    for (const { id, size } of olderDeletions.all(owner.id)) {
      number++
      total += Number(size)
      if (number > RECORD_LIMITS.deletions || total > RECORD_LIMITS.deletionBytes) drop(owner, Number(id))
    }
  }

  const keep = (owner: OwnerEntry, record: ChangeRecord): boolean => {
    const { change, at, expiry, request } = record
    const key = recordBytes(record.id)
    const { kind, namespace, before, names } = changeColumns(change)
    const result = insert.run(key, owner.id, kind, at, expiry, expiry, namespace, before, names, request)
    if (result.changes === 0) return false
    const id = Number(result.lastInsertRowid)
    insertItem.run(owner.bucket, key, -id, owner.id)
    buckets.change(owner.bucket, key, 1)
    if (kind === KINDS.delete) for (const item of itemsOf(names)) insertTombstone.run(owner.id, item, id)
    if (!isRevocation(change)) owner.latestDeletion = Math.max(owner.latestDeletion, at)
    counts.records++
    dropExcess(owner, change)
    return true
  }

  const deleteCovered = (owner: OwnerEntry, { change, at }: ChangeRecord): PlacedHash[] => {
    if (change.kind !== 'deleteAll') return []
    const namespace = change.namespace === 'all' ? null : change.namespace
    const deleted = new Map<PlacedHash['hash'], Namespace>()
    for (const row of covered.all(owner.id, namespace, at, change.before ?? null)) {
      const hash = row['hash'] as Uint8Array
      messages.removeMessage(owner, Number(row['id']), Number(row['namespace']), hash)
      deleted.set(hashText(hash), Number(row['namespace']) as Namespace)
    }
    return sortedTexts(deleted.keys()).map((hash) => ({ hash, namespace: deleted.get(hash)! }))
  }

  return {
    apply(record: ChangeRecord): ChangeOutcome {
      const owner = owners.findOrAdd(record.owner)
      const { change, at } = record
      const before = change.kind === 'unrevoke' ? revokedTokens(owner) : new Map<TokenText, UnixMillis>()
      if (!keep(owner, record)) return { deleted: [], count: 0, known: true }
      if (change.kind === 'delete') {
        return { deleted: messages.delete(record.owner, change.hashes, at), count: 0, known: false }
      }
      if (change.kind !== 'unrevoke') return { deleted: deleteCovered(owner, record), count: 0, known: false }
      const now = revokedTokens(owner)
      const withdrawn = [...new Set(change.tokens.map(tokenText))].filter((token) => before.has(token))
      return { deleted: [], count: withdrawn.filter((token) => !now.has(token)).length, known: false }
    },

    forget(owner: Owner, ids: readonly RecordId[]): void {
      const entry = owners.find(owner)
      for (const id of entry ? ids : []) {
        const row = byKey.get(recordBytes(id), entry!.id)
        if (row) drop(entry!, Number(row['id']))
      }
    },

    deleteExpired(now: UnixMillis, limit: number): number {
      let deleted = 0
      for (const row of due.all(now, limit)) {
        const id = Number(row['id'])
        if (Number(row['kind']) >= FIRST_REVOCATION && Number(review.run(now + REVIEW, id).changes) > 0) continue
        drop(owners.byId(Number(row['owner'])), id)
        deleted++
      }
      return deleted
    },
  }
}

function itemsOf(names: Uint8Array): Uint8Array[] {
  return Array.from({ length: names.length / 32 }, (_, index) => names.subarray(32 * index, 32 * index + 16))
}
