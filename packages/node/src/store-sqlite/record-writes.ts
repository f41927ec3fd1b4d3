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
import { hashText, ownerText, recordBytes } from './key-bytes.ts'
import type { MessageWrites, WriteContext } from './message-writes.ts'
import type { OwnerEntry } from './owner-table.ts'
import { createOwnerWalk, type Walk } from './owner-walk.ts'
import { changeColumns, changeOf, FIRST_REVOCATION, KINDS } from './record-kinds.ts'
import { DamagedError } from './sqlite-failure.ts'

/** Revocations of an owner who still has messages are looked at again after this. */
const REVIEW = 86_400_000

type Range = {
  readonly id: number
  readonly owner: Owner
  readonly at: number
  readonly namespace: Namespace | 'all'
  readonly before?: number | undefined
}

export type RecordWrites = ReturnType<typeof createRecordWrites>

export function createRecordWrites(context: WriteContext, messages: MessageWrites) {
  const { db, counts, owners, buckets } = context
  const insert = db.prepare(`INSERT INTO records(key, owner, kind, at, expiry, due, unfinished,
    namespace, before, names, request) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(key) DO NOTHING`)
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
  const finish = db.prepare('UPDATE records SET unfinished = 0 WHERE id = ?')
  const unfinished = db.prepare(`SELECT r.id, r.at, r.namespace, r.before, o.key AS owner FROM records r
    JOIN owners o ON o.id = r.owner WHERE r.unfinished = 1 ORDER BY r.id`)
  const due = db.prepare('SELECT id, owner, kind FROM records WHERE due <= ? ORDER BY due LIMIT ?')
  const review = db.prepare(`UPDATE records SET due = ?1 WHERE id = ?2
    AND EXISTS (SELECT 1 FROM places WHERE owner = records.owner)`)

  const walk = createOwnerWalk(context)
  /** Records whose range is being deleted. */
  const active = new Set<number>()
  let resumed: Walk<unknown> | undefined

  const nextUnfinished = (): Walk<unknown> | undefined => {
    for (const row of unfinished.iterate()) {
      const { id, at, namespace, before, owner } = row
      if (active.has(Number(id))) continue
      const range = { id: Number(id), owner: ownerText(owner as Uint8Array), at: Number(at) }
      const bounds = {
        namespace: namespace === null ? 'all' : Number(namespace),
        before: before === null ? undefined : Number(before),
      }
      return deleteRange({ ...range, ...bounds } as Range)
    }
    return undefined
  }

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

  /** The number of the record; none, if it was here already. */
  const keep = (owner: OwnerEntry, record: ChangeRecord): number | undefined => {
    const { change, at, expiry, request } = record
    const key = recordBytes(record.id)
    const { kind, namespace, before, names } = changeColumns(change)
    const result = insert.run(
      ...[key, owner.id, kind, at, expiry, expiry, kind === KINDS.deleteAll ? 1 : 0, namespace, before, names, request],
    )
    if (result.changes === 0) return undefined
    const id = Number(result.lastInsertRowid)
    insertItem.run(owner.bucket, key, -id, owner.id)
    buckets.change(owner.bucket, key, 1)
    if (kind === KINDS.delete) for (const item of itemsOf(names)) insertTombstone.run(owner.id, item, id)
    if (!isRevocation(change)) owner.latestDeletion = Math.max(owner.latestDeletion, at)
    counts.records++
    dropExcess(owner, change)
    return id
  }

  /** In slices: until the last one the record says that it is unfinished, so that a crash in between changes nothing. */
  function* deleteRange({ id, owner, at, namespace, before }: Range): Walk<PlacedHash[]> {
    const deleted = new Map<PlacedHash['hash'], Namespace>()
    active.add(id)
    yield* walk(owner, namespace, (entry, row) => {
      if (row.storedAt > at || (before !== undefined && row.timestamp > before)) return
      messages.removeMessage(entry, row.id, row.namespace, row.hash)
      deleted.set(hashText(row.hash), row.namespace)
    })
    active.delete(id)
    finish.run(id)
    return sortedTexts(deleted.keys()).map((hash) => ({ hash, namespace: deleted.get(hash)! }))
  }

  return {
    *apply(record: ChangeRecord): Walk<ChangeOutcome> {
      const owner = owners.findOrAdd(record.owner)
      const { change, at } = record
      const before = change.kind === 'unrevoke' ? revokedTokens(owner) : new Map<TokenText, UnixMillis>()
      const id = keep(owner, record)
      const outcome: ChangeOutcome = { deleted: [], count: 0, known: id === undefined }
      if (id === undefined || change.kind === 'revoke') return outcome
      if (change.kind === 'delete') return { ...outcome, deleted: messages.delete(record.owner, change.hashes, at) }
      if (change.kind === 'deleteAll') {
        return { ...outcome, deleted: yield* deleteRange({ ...change, id, owner: record.owner, at }) }
      }
      const now = revokedTokens(owner)
      const withdrawn = [...new Set(change.tokens.map(tokenText))].filter((token) => before.has(token))
      return { ...outcome, count: withdrawn.filter((token) => !now.has(token)).length }
    },

    /** A slice of what a crash or a fault of the disk left undone; false, if there is nothing. */
    resume(): boolean {
      resumed ??= nextUnfinished()
      if (resumed?.next().done) resumed = undefined
      else if (!resumed) return false
      return true
    },

    rollback(): void {
      active.clear()
      resumed = undefined
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
