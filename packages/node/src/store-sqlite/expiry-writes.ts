/** Statements that carry changes of expiry out. They run inside the transaction of their group. */
import type { MessageHash } from '@starling/protocol'
import { ITEM_ID_BYTES } from '../storage/buckets.ts'
import type { ExpiryChange } from '../storage/change-record.ts'
import { type ExpiryStep, isWithin, supersedes } from '../storage/expiry-change.ts'
import type { ChangeOutcome, HashExpiry, PlacedHash } from '../storage/node-store.ts'
import { sortedTexts } from '../storage/sorted.ts'
import type { KeptStep } from './expiry-steps.ts'
import { hashBytes, hashText, recordText } from './key-bytes.ts'
import type { MessageWrites, WriteContext } from './message-writes.ts'
import type { OwnerEntry } from './owner-table.ts'
import { createOwnerWalk, inSlices, type Walk } from './owner-walk.ts'
import type { Active, RecordDrops } from './record-drops.ts'
import { CLASS_KINDS } from './record-kinds.ts'

type Outcome = Pick<ChangeOutcome, 'updated' | 'unchanged'>
type ByHash<T> = Map<MessageHash, T>

export function createExpiryWrites(context: WriteContext, messages: MessageWrites, drops: RecordDrops) {
  const { db, owners } = context
  const walk = createOwnerWalk(context)
  const insertStep = db.prepare(
    'INSERT OR REPLACE INTO expiry_changes(owner, item, record, expiry) VALUES (?, ?, ?, ?)',
  )
  const removeStep = db.prepare('DELETE FROM expiry_changes WHERE owner = ? AND item = ? AND record = ?')
  const stepLeft = db.prepare('SELECT 1 FROM expiry_changes WHERE record = ?')
  const isFinished = db.prepare('SELECT 1 FROM records WHERE id = ? AND unfinished = 0')
  const ofAll = db.prepare(`SELECT id, key, at, namespace, before FROM records
    WHERE owner = ? AND kind IN ${CLASS_KINDS.expiryOfAll}`)

  /** Keeps the step, unless it makes no difference beside others, and drops those that make none beside it. */
  const keepStep = (owner: OwnerEntry, item: Uint8Array, step: KeptStep) => {
    let isKept = true
    for (const other of messages.steps.naming(owner, item)) {
      if (supersedes(other, step)) isKept = false
      if (!supersedes(step, other)) continue
      removeStep.run(owner.id, item, other.record)
      // One that is not finished may have more to come, and looks itself at its end.
      if (!stepLeft.get(other.record) && isFinished.get(other.record)) drops.dropNow(owner, other.record)
    }
    if (isKept) insertStep.run(owner.id, item, step.record, step.expiry)
  }

  function* changeNamed(active: Active, change: ExpiryChange & { readonly kind: 'expire' }): Walk<Outcome> {
    const { record, owner, at, id } = active
    const { mode } = change
    const updated: ByHash<PlacedHash & HashExpiry> = new Map()
    const unchanged: ByHash<HashExpiry> = new Map()
    yield* inSlices(change.expiries, ({ hash, expiry }) => {
      const entry = owners.find(owner)
      if (!entry) return
      const key = hashBytes(hash)
      if (!active.isGone) keepStep(entry, key.subarray(0, ITEM_ID_BYTES), { record, at, id, mode, expiry })
      const message = messages.find(entry, key)
      if (!message) return
      const { namespace, storedAt } = message as typeof message & PlacedHash
      const after = messages.renewExpiry(entry, message, key)
      const outcome = { hash, expiry: after }
      if ((mode === 'set' && storedAt <= at) || after !== message.expiry) updated.set(hash, { ...outcome, namespace })
      else unchanged.set(hash, outcome)
    })
    const entry = owners.find(owner)
    if (entry && !active.isGone && !stepLeft.get(record)) drops.dropNow(entry, record)
    return { updated: sorted(updated), unchanged: sorted(unchanged) }
  }

  /** False if the record makes no difference beside others; those that make none beside it go. */
  const supersedeAll = ({ record, owner, at, id }: Active, change: ExpiryChange & { readonly kind: 'expireAll' }) => {
    const entry = owners.find(owner)!
    const step: ExpiryStep = { at, id, mode: 'shorten', expiry: change.expiry }
    let isKept = true
    for (const row of ofAll.all(entry.id)) {
      if (Number(row['id']) === record) continue
      const other = {
        ...step,
        at: Number(row['at']),
        id: recordText(row['key'] as Uint8Array),
        expiry: Number(row['before']),
      }
      const theirs = row['namespace'] === null ? 'all' : Number(row['namespace'])
      if (isWithin(change.namespace, theirs) && supersedes(other, step)) isKept = false
      if (isWithin(theirs, change.namespace) && supersedes(step, other)) drops.dropNow(entry, Number(row['id']))
    }
    if (!isKept) drops.dropNow(entry, record)
    return isKept
  }

  function* changeAll(active: Active, change: ExpiryChange & { readonly kind: 'expireAll' }): Walk<Outcome> {
    const updated: ByHash<PlacedHash & HashExpiry> = new Map()
    if (!active.isGone && supersedeAll(active, change)) {
      yield* walk(active.owner, change.namespace, (entry, row) => {
        if (row.storedAt > active.at || row.expiry <= change.expiry) return
        const expiry = messages.renewExpiry(entry, row, row.hash)
        const hash = hashText(row.hash)
        if (expiry !== row.expiry) updated.set(hash, { hash, namespace: row.namespace, expiry })
      })
    }
    return { updated: sorted(updated), unchanged: [] }
  }

  return {
    change(active: Active, change: ExpiryChange): Walk<Outcome> {
      return change.kind === 'expire' ? changeNamed(active, change) : changeAll(active, change)
    },
  }
}

function sorted<T>(byHash: ByHash<T>): T[] {
  return sortedTexts(byHash.keys()).map((hash) => byHash.get(hash)!)
}
