/** Change records in the tables of a `MemoryDisk`, and what they do to messages. */
import type { Namespace, Owner, RecordId, UnixMillis } from '@starling/protocol'
import { type ChangeRecord, covers, isRevocation, RECORD_LIMITS, revokedTokensOf, tokenText } from './change-record.ts'
import type { MemoryDisk, MemoryTables } from './memory-disk.ts'
import { dropHints } from './memory-hints.ts'
import { deleteMessage } from './memory-messages.ts'
import type { ChangeOutcome } from './node-store.ts'
import { sortedTexts } from './sorted.ts'

export function applyRecord(disk: MemoryDisk, record: ChangeRecord): ChangeOutcome {
  const { tables } = disk
  const held = tables.records.get(record.owner) ?? new Map<RecordId, ChangeRecord>()
  if (held.has(record.id)) return { deleted: [], count: 0, known: true }
  const revokedBefore = revokedTokensOf(held.values())
  if (isRevocation(record.change)) disk.assertRoom() // a deletion makes the room for its record
  tables.records.set(record.owner, held.set(record.id, record))
  dropExcess(tables, record.owner)
  const revokedNow = revokedTokensOf(held.values())
  const { change } = record
  const withdrawn = new Set(change.kind === 'unrevoke' ? change.tokens.map(tokenText) : [])
  const count = [...withdrawn].filter((token) => revokedBefore.has(token) && !revokedNow.has(token)).length
  return { deleted: deleteCovered(tables, record), count, known: false }
}

export function dropRecord(tables: MemoryTables, owner: Owner, id: RecordId): void {
  const held = tables.records.get(owner)
  if (!held?.delete(id)) return
  if (held.size === 0) tables.records.delete(owner)
  dropHints(tables, ({ work }) => work.kind === 'record' && work.id === id)
}

/** At most `limit`. */
export function expiredRecords({ records, messages }: MemoryTables, now: UnixMillis, limit: number): ChangeRecord[] {
  return [...records.values()]
    .flatMap((held) => [...held.values()])
    .filter(({ expiry, change, owner }) => expiry <= now && !(isRevocation(change) && messages.has(owner)))
    .slice(0, limit)
}

function deleteCovered(tables: MemoryTables, record: ChangeRecord): ChangeOutcome['deleted'] {
  const held = [...(tables.messages.get(record.owner)?.values() ?? [])]
  const gone = held.filter((message) => message.storedAt <= record.at && covers(record.change, message))
  for (const { owner, hash } of gone) deleteMessage(tables, owner, hash)
  const namespaces = new Map(gone.map(({ hash, namespace }): [typeof hash, Namespace] => [hash, namespace]))
  return sortedTexts(namespaces.keys()).map((hash) => ({ hash, namespace: namespaces.get(hash)! }))
}

/** Which records stay depends on the records alone, not on the order in which they came: members end up alike. */
function dropExcess(tables: MemoryTables, owner: Owner): void {
  const held = tables.records.get(owner)!
  const size = [...held.values()].reduce((sum, { request }) => sum + request.length, 0)
  if (held.size <= RECORD_LIMITS.revocations && size <= RECORD_LIMITS.deletionBytes) return
  const newestFirst = [...held.values()].sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
  const left = { deletions: 0, deletionBytes: 0, revocations: 0 }
  for (const { id, change, request } of newestFirst) {
    if (isRevocation(change)) left.revocations++
    else {
      left.deletions++
      left.deletionBytes += request.length
    }
    const exceeds = isRevocation(change)
      ? left.revocations > RECORD_LIMITS.revocations
      : left.deletions > RECORD_LIMITS.deletions || left.deletionBytes > RECORD_LIMITS.deletionBytes
    if (exceeds) dropRecord(tables, owner, id)
  }
}
