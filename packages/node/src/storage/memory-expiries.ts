/** Changes of expiry in the tables of a `MemoryDisk`. */
import type { MessageHash, UnixMillis } from '@starling/protocol'
import type { ChangeRecord, ExpiryChange } from './change-record.ts'
import { isWithin, supersedes } from './expiry-change.ts'
import type { MemoryTables } from './memory-disk.ts'
import { dropRecord } from './memory-drop.ts'
import { givenExpiry, withExpiry } from './memory-given.ts'
import type { ChangeOutcome, HashExpiry, PlacedHash, StoredMessage } from './node-store.ts'
import { sortedTexts } from './sorted.ts'

type ExpiryRecord = ChangeRecord & { readonly change: ExpiryChange }
type Outcome = Pick<ChangeOutcome, 'updated' | 'unchanged'>

/** Carries out a record that is kept already. */
export function changeExpiries(tables: MemoryTables, record: ExpiryRecord): Outcome {
  if (!supersede(tables, record)) return { updated: [], unchanged: [] }
  const { change, owner, at } = record
  const held = tables.messages.get(owner)
  const updated = new Map<MessageHash, PlacedHash & HashExpiry>()
  const unchanged = new Map<MessageHash, HashExpiry>()
  for (const message of [...(held?.values() ?? [])].filter((each) => isNamed(change, each))) {
    const { hash, namespace } = message
    const renewed = withExpiry(tables, message, givenExpiry(tables, message))
    held!.set(hash, renewed)
    const isSet = change.kind === 'expire' && change.mode === 'set' && message.storedAt <= at
    if (isSet || renewed.expiry !== message.expiry) updated.set(hash, { hash, namespace, expiry: renewed.expiry })
    else if (change.kind === 'expire') unchanged.set(hash, { hash, expiry: renewed.expiry })
  }
  return {
    updated: sortedTexts(updated.keys()).map((hash) => updated.get(hash)!),
    unchanged: sortedTexts(unchanged.keys()).map((hash) => unchanged.get(hash)!),
  }
}

function isNamed(change: ExpiryChange, { hash, namespace }: StoredMessage): boolean {
  if (change.kind === 'expireAll') return isWithin(namespace, change.namespace)
  return change.expiries.some((each) => each.hash === hash)
}

/** Drops the steps and records that make no difference any more; false, if this record is one of them. */
function supersede(tables: MemoryTables, record: ExpiryRecord): boolean {
  const held = tables.records.get(record.owner)!
  const others = [...held.values()].filter((other) => other !== record)
  const isKept =
    record.change.kind === 'expire' ? supersedeSteps(tables, record, others) : supersedeAll(tables, record, others)
  if (!isKept) dropRecord(tables, record)
  return isKept || record.change.kind === 'expire'
}

function supersedeSteps(tables: MemoryTables, record: ChangeRecord, others: readonly ChangeRecord[]): boolean {
  const { at, id, change } = record
  if (change.kind !== 'expire') return false
  const own = new Map<MessageHash, UnixMillis>()
  tables.steps.set(id, own)
  for (const { hash, expiry } of change.expiries) {
    const step = { at, id, mode: change.mode, expiry }
    let isKept = true
    for (const other of others) {
      const theirs = other.change.kind === 'expire' ? tables.steps.get(other.id) : undefined
      const theirExpiry = theirs?.get(hash)
      if (other.change.kind !== 'expire' || theirExpiry === undefined) continue
      const theirStep = { at: other.at, id: other.id, mode: other.change.mode, expiry: theirExpiry }
      if (supersedes(theirStep, step)) isKept = false
      if (!supersedes(step, theirStep)) continue
      theirs!.delete(hash)
      if (theirs!.size === 0) dropRecord(tables, other)
    }
    if (isKept) own.set(hash, expiry)
  }
  return own.size > 0
}

function supersedeAll(
  tables: MemoryTables,
  { at, id, change }: ChangeRecord,
  others: readonly ChangeRecord[],
): boolean {
  if (change.kind !== 'expireAll') return false
  const step = { at, id, mode: 'shorten', expiry: change.expiry } as const
  let isKept = true
  for (const other of others) {
    if (other.change.kind !== 'expireAll') continue
    const theirStep = { at: other.at, id: other.id, mode: 'shorten', expiry: other.change.expiry } as const
    if (isWithin(change.namespace, other.change.namespace) && supersedes(theirStep, step)) isKept = false
    if (isWithin(other.change.namespace, change.namespace) && supersedes(step, theirStep)) dropRecord(tables, other)
  }
  return isKept
}
