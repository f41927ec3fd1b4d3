/** Statements that keep change records and carry them out. They run inside the transaction of their group. */
import type { MessageHash, Namespace, Owner, RecordId, UnixMillis } from '@starling/protocol'
import { ITEM_ID_BYTES } from '../storage/buckets.ts'
import {
  type Change,
  type ChangeRecord,
  isRevocation,
  revokedTokensOf,
  type TokenText,
  tokenText,
} from '../storage/change-record.ts'
import type { ChangeOutcome, PlacedHash } from '../storage/node-store.ts'
import { sortedTexts } from '../storage/sorted.ts'
import { createExpiryWrites } from './expiry-writes.ts'
import { hashBytes, hashText, ownerText, recordBytes, recordText } from './key-bytes.ts'
import type { MessageWrites, WriteContext } from './message-writes.ts'
import type { OwnerEntry } from './owner-table.ts'
import { createOwnerWalk, inSlices, STEP, type Walk } from './owner-walk.ts'
import { type Active, createRecordDrops } from './record-drops.ts'
import { CLASS_KINDS, changeColumns, changeOf, KINDS, namedItems } from './record-kinds.ts'
import { DamagedError } from './sqlite-failure.ts'

/** Revocations of an owner who still has messages are looked at again after this. */
const REVIEW = 86_400_000
const NOTHING: ChangeOutcome = { deleted: [], updated: [], unchanged: [], count: 0, known: false }

export type RecordWrites = ReturnType<typeof createRecordWrites>

export function createRecordWrites(context: WriteContext, messages: MessageWrites) {
  const { db, counts, owners, buckets } = context
  const insert = db.prepare(`INSERT INTO records(key, owner, kind, at, expiry, due, unfinished,
    namespace, before, names, request) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(key) DO NOTHING`)
  const insertItem = db.prepare('INSERT INTO items(bucket, id, ref, owner) VALUES (?, ?, ?, ?)')
  const insertTombstone = db.prepare('INSERT OR IGNORE INTO tombstones(owner, item, record) VALUES (?, ?, ?)')
  const byKey = db.prepare('SELECT id FROM records WHERE key = ? AND owner = ?')
  const revocations = db.prepare(
    `SELECT kind, at, names FROM records WHERE owner = ? AND kind IN ${CLASS_KINDS.revocation}`,
  )
  const finish = db.prepare('UPDATE records SET unfinished = 0 WHERE id = ? AND unfinished = 1')
  const unfinished = db.prepare('SELECT id FROM records WHERE unfinished = 1 ORDER BY id')
  const byId = db.prepare(`SELECT r.key, r.kind, r.at, r.namespace, r.before, r.names, o.key AS owner FROM records r
    JOIN owners o ON o.id = r.owner WHERE r.id = ?`)
  const due = db.prepare('SELECT id, owner FROM records WHERE due <= ? ORDER BY due LIMIT ?')
  const review = db.prepare(`UPDATE records SET due = ?1 WHERE id = ?2 AND kind IN ${CLASS_KINDS.revocation}
    AND EXISTS (SELECT 1 FROM places WHERE owner = records.owner)`)

  const walk = createOwnerWalk(context)
  /** Records that are being carried out. */
  const active = new Map<number, Active>()
  const drops = createRecordDrops(context, active)
  const expiries = createExpiryWrites(context, messages, drops)
  /** What the sweep does in slices. */
  let resumed: Walk<unknown> | undefined

  const nextUnfinished = (): Walk<unknown> | undefined => {
    const id = unfinished
      .all()
      .map((row) => Number(row['id']))
      .find((each) => !active.has(each))
    const row = id === undefined ? undefined : byId.get(id)
    if (id === undefined || !row) return undefined
    const [kind, namespace, before] = ['kind', 'namespace', 'before'].map((name) => row[name]) as (number | null)[]
    const change = changeOf({ kind: kind!, namespace, before, names: row['names'] as Uint8Array } as never)
    if (!change) throw new DamagedError()
    const record = { id: recordText(row['key'] as Uint8Array), at: Number(row['at']) as UnixMillis, change }
    return carryOut(id, { ...record, owner: ownerText(row['owner'] as Uint8Array) })
  }

  const revokedTokens = (owner: OwnerEntry): Map<TokenText, UnixMillis> =>
    revokedTokensOf(
      revocations.all(owner.id).map(({ kind, at, names }) => {
        const change = changeOf({ kind: Number(kind), namespace: null, before: null, names: names as Uint8Array })
        if (!change) throw new DamagedError()
        return { at: Number(at) as UnixMillis, change }
      }),
    )

  /** The number of the record; none, if it was here already. */
  const keep = (owner: OwnerEntry, record: ChangeRecord): number | undefined => {
    const { change, at, expiry, request } = record
    const key = recordBytes(record.id)
    const columns = changeColumns(change)
    const { kind, namespace, before, names } = columns
    const isLong = kind === KINDS.deleteAll || kind === KINDS.expireAll || namedItems(columns).length >= STEP
    const result = insert.run(
      ...[key, owner.id, kind, at, expiry, expiry, isLong ? 1 : 0, namespace, before, names, request],
    )
    if (result.changes === 0) return undefined
    const id = Number(result.lastInsertRowid)
    insertItem.run(owner.bucket, key, -id, owner.id)
    buckets.change(owner.bucket, key, 1)
    if (change.kind === 'delete' || change.kind === 'deleteAll') {
      owner.latestDeletion = Math.max(owner.latestDeletion, at)
    } else if (!isRevocation(change)) owner.mayHaveExpiryChanges = true
    counts.records++
    return id
  }

  function* deleteNamed(record: Active, hashes: readonly MessageHash[]): Walk<PlacedHash[]> {
    const deleted = new Map<MessageHash, PlacedHash>()
    yield* inSlices(hashes, (hash) => {
      const owner = owners.find(record.owner)
      if (!owner) return
      if (!record.isGone) insertTombstone.run(owner.id, hashBytes(hash).subarray(0, ITEM_ID_BYTES), record.record)
      const found = messages.deleteOne(owner, hash, record.at)
      if (found) deleted.set(hash, found)
    })
    return sortedTexts(deleted.keys()).map((hash) => deleted.get(hash)!)
  }

  function* deleteRange(
    { owner, at }: Active,
    { namespace, before }: Change & { readonly kind: 'deleteAll' },
  ): Walk<PlacedHash[]> {
    const deleted = new Map<MessageHash, Namespace>()
    yield* walk(owner, namespace, (entry, row) => {
      if (row.storedAt > at || (before !== undefined && row.timestamp > before)) return
      messages.removeMessage(entry, row.id, row.namespace, row.hash)
      deleted.set(hashText(row.hash), row.namespace)
    })
    return sortedTexts(deleted.keys()).map((hash) => ({ hash, namespace: deleted.get(hash)! }))
  }

  /** In slices: until the last one the record says that it is unfinished, so that a crash in between changes nothing. */
  function* carryOut(
    id: number,
    record: Pick<ChangeRecord, 'id' | 'owner' | 'at' | 'change'>,
  ): Walk<Partial<ChangeOutcome>> {
    const { owner, at, change } = record
    const work: Active = { record: id, owner, at, id: record.id, isGone: false }
    active.set(id, work)
    const outcome = yield* effect(work, change)
    if (active.get(id) === work) active.delete(id)
    if (!work.isGone) finish.run(id)
    const entry = owners.find(owner)
    if (entry) yield* drops.dropExcess(entry, change)
    return outcome
  }

  function* effect(work: Active, change: Change): Walk<Partial<ChangeOutcome>> {
    switch (change.kind) {
      case 'delete':
        return { deleted: yield* deleteNamed(work, change.hashes) }
      case 'deleteAll':
        return { deleted: yield* deleteRange(work, change) }
      case 'expire':
      case 'expireAll':
        return yield* expiries.change(work, change)
      case 'revoke':
      case 'unrevoke':
        return {}
      default:
        return change satisfies never
    }
  }

  return {
    *apply(record: ChangeRecord): Walk<ChangeOutcome> {
      const owner = owners.findOrAdd(record.owner)
      const { change } = record
      const before = change.kind === 'unrevoke' ? revokedTokens(owner) : new Map<TokenText, UnixMillis>()
      const id = keep(owner, record)
      if (id === undefined) return { ...NOTHING, known: true }
      const outcome = yield* carryOut(id, record)
      if (change.kind !== 'unrevoke') return { ...NOTHING, ...outcome }
      const now = revokedTokens(owner)
      const withdrawn = [...new Set(change.tokens.map(tokenText))].filter((token) => before.has(token))
      return { ...NOTHING, count: withdrawn.filter((token) => !now.has(token)).length }
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

    *forget(
      owner: Owner,
      { hashes, records }: { readonly hashes: readonly MessageHash[]; readonly records: readonly RecordId[] },
    ): Walk<undefined> {
      yield* messages.delete(owner, hashes)
      for (const id of records) {
        const entry = owners.find(owner)
        const row = entry && byKey.get(recordBytes(id), entry.id)
        if (row) yield* drops.drop(owner, Number(row['id']))
      }
    },

    deleteExpired(now: UnixMillis, limit: number): number {
      let deleted = 0
      for (const row of due.all(now, limit)) {
        const id = Number(row['id'])
        if (Number(review.run(now + REVIEW, id).changes) > 0) continue
        const dropping = drops.drop(owners.byId(Number(row['owner'])).owner, id)
        deleted++
        if (dropping.next().done) continue
        resumed = dropping // the rest of it is for the next calls
        break
      }
      return deleted
    },
  }
}
