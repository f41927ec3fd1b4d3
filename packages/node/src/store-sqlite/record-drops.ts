/** Statements that drop change records, with all that belongs to them. They run inside the transaction of their group. */
import type { Owner } from '@starling/protocol'
import { type Change, RECORD_LIMITS, type RecordClass, recordClass } from '../storage/change-record.ts'
import { recordText } from './key-bytes.ts'
import type { WriteContext } from './message-writes.ts'
import type { OwnerEntry } from './owner-table.ts'
import { inSlices, type Walk } from './owner-walk.ts'
import { CLASS_KINDS, KINDS, namedItems } from './record-kinds.ts'

/** A record that is carried out, in slices if need be. */
export type Active = {
  readonly record: number
  readonly owner: Owner
  readonly at: number
  /** Its ID. */
  readonly id: string
  /** It went meanwhile: what it does not do any more is not kept either. */
  isGone: boolean
}

export type RecordDrops = ReturnType<typeof createRecordDrops>

/** @param active records that are being carried out, by their numbers */
export function createRecordDrops({ db, counts, owners, buckets }: WriteContext, active: ReadonlyMap<number, Active>) {
  const byId = db.prepare('SELECT key, kind, names FROM records WHERE id = ?')
  const keyOf = db.prepare('SELECT key FROM records WHERE id = ?')
  const remove = db.prepare('DELETE FROM records WHERE id = ?')
  const removeItem = db.prepare('DELETE FROM items WHERE bucket = ? AND id = ?')
  const removeHints = db.prepare('DELETE FROM hints WHERE record = ?')
  const removeTombstone = db.prepare('DELETE FROM tombstones WHERE owner = ? AND item = ? AND record = ?')
  const removeStep = db.prepare('DELETE FROM expiry_changes WHERE owner = ? AND item = ? AND record = ?')
  const statements = Object.fromEntries(
    Object.entries(CLASS_KINDS).map(([name, kinds]) => [
      name,
      {
        usage: db.prepare(`SELECT COUNT(*) AS records, COALESCE(SUM(length(request)), 0) AS bytes FROM records
          WHERE owner = ? AND kind IN ${kinds}`),
        newestFirst: db.prepare(`SELECT id, length(request) AS size FROM records
          WHERE owner = ? AND kind IN ${kinds} ORDER BY at DESC, key DESC`),
      },
    ]),
  ) as Record<RecordClass, Record<'usage' | 'newestFirst', ReturnType<typeof db.prepare>>>

  /** One that names nothing any more, or few things. */
  const dropNow = (owner: OwnerEntry, id: number) => {
    const key = keyOf.get(id)?.['key'] as Uint8Array | undefined
    if (!key) return
    const walking = active.get(id)
    if (walking) walking.isGone = true
    remove.run(id)
    removeItem.run(owner.bucket, key)
    buckets.change(owner.bucket, key, -1)
    if (counts.hints > 0) counts.hints -= Number(removeHints.run(id).changes)
    counts.records--
    owners.reduce(owner)
  }

  /** What it names goes first, so that nothing is left of it if a crash comes in between. */
  function* drop(owner: Owner, id: number): Walk<undefined> {
    const row = byId.get(id)
    if (!row) return
    const key = recordText(row['key'] as Uint8Array)
    const kind = Number(row['kind'])
    const removeName = kind === KINDS.delete ? removeTombstone : removeStep
    const walking = active.get(id)
    if (walking) walking.isGone = true
    yield* inSlices(namedItems({ kind, names: row['names'] as Uint8Array }), (item) => {
      const entry = owners.find(owner)
      if (entry) removeName.run(entry.id, item, id)
    })
    const entry = owners.find(owner)
    const now = keyOf.get(id)?.['key'] as Uint8Array | undefined
    if (entry && now && recordText(now) === key) dropNow(entry, id) // not another one that got its number meanwhile
  }

  return {
    dropNow,
    drop,
    /** Which records stay depends on the records alone, not on the order in which they came: members end up alike. */
    *dropExcess(owner: OwnerEntry, change: Change): Walk<undefined> {
      const kind = recordClass(change)
      const limit = RECORD_LIMITS[kind]
      const usage = statements[kind].usage.get(owner.id)!
      if (Number(usage['records']) <= limit.records && Number(usage['bytes']) <= limit.bytes) return
      let [records, bytes] = [0, 0]
      for (const { id, size } of statements[kind].newestFirst.all(owner.id)) {
        records++
        bytes += Number(size)
        if (records > limit.records || bytes > limit.bytes) yield* drop(owner.owner, Number(id))
      }
    },
  }
}
