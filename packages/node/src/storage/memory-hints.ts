/** What other members lack, in the tables of a `MemoryDisk`. */
import type { MessageHash, Owner, RecordId, UnixMillis } from '@starling/protocol'
import type { ChangeRecord } from './change-record.ts'
import type { MemoryDisk, MemoryHint, MemoryTables } from './memory-disk.ts'
import { toldMessage } from './memory-given.ts'
import { HINT_BUDGET, type Hint, hintSize, type NewHint, type NodeStore, type StoredMessage } from './node-store.ts'

export function addHints(disk: MemoryDisk, hints: readonly NewHint[]): void {
  const { tables } = disk
  const fresh = new Map(hints.map((hint, index) => [hintKey(hint) ?? index, hint]))
  for (const [key, { work }] of fresh) {
    if (work.kind !== 'request' && (tables.hintKeys.has(`${key}`) || !isHere(tables, work))) fresh.delete(key)
  }
  if (fresh.size > 0) disk.assertRoom()
  for (const hint of fresh.values()) {
    const id = tables.nextHintId++
    tables.hints.set(id, { ...hint, id, due: 0, attempts: 0 })
    const key = hintKey(hint)
    if (key !== undefined) tables.hintKeys.add(key)
  }
}

export function dueHints(tables: MemoryTables, options: Parameters<NodeStore['dueHints']>[0]): Hint[] {
  const { member, now, limit } = options
  const due = [...tables.hints.values()].filter(
    (hint) => hint.member === member && hint.due <= now && hint.expiry > now,
  )
  const found: Hint[] = []
  let size = 0
  for (const hint of due.sort((a, b) => a.due - b.due || a.id - b.id)) {
    const work = workOf(tables, hint, now)
    if (!work) continue
    size += hintSize(work)
    if (found.length >= limit || (found.length > 0 && size > HINT_BUDGET)) break
    found.push({ id: hint.id, member, attempts: hint.attempts, work })
  }
  return found
}

export function dropHints(tables: MemoryTables, condition: (hint: MemoryHint) => boolean): void {
  for (const hint of [...tables.hints.values()].filter(condition)) dropHint(tables, hint.id)
}

export function dropHint({ hints, hintKeys }: MemoryTables, id: number): void {
  const hint = hints.get(id)
  if (!hint) return
  hints.delete(id)
  const key = hintKey(hint)
  if (key !== undefined) hintKeys.delete(key)
}

function workOf(tables: MemoryTables, { work }: MemoryHint, now: UnixMillis): Hint['work'] | undefined {
  if (work.kind === 'request') return work
  if (work.kind === 'record') {
    const record = findRecord(tables, work.id)
    return record && { kind: 'record', record }
  }
  const message = findMessage(tables, work)
  return message && message.expiry > now ? { kind: 'message', message: toldMessage(tables, message) } : undefined
}

function isHere(tables: MemoryTables, work: Exclude<NewHint['work'], { kind: 'request' }>): boolean {
  return (work.kind === 'message' ? findMessage(tables, work) : findRecord(tables, work.id)) !== undefined
}

function findMessage(
  { messages }: MemoryTables,
  { owner, hash }: { readonly owner: Owner; readonly hash: MessageHash },
): StoredMessage | undefined {
  return messages.get(owner)?.get(hash)
}

export function findRecord({ records }: MemoryTables, id: RecordId): ChangeRecord | undefined {
  for (const held of records.values()) {
    const record = held.get(id)
    if (record) return record
  }
  return undefined
}

/** Hints for a message or a record are unique by member and hash or ID, which differ in length. */
function hintKey({ member, work }: NewHint): string | undefined {
  if (work.kind === 'request') return undefined
  return member + (work.kind === 'message' ? work.hash : work.id)
}
