/** Change records in the tables of a `MemoryDisk`, and what they do to messages. */
import type { Namespace, RecordId, UnixMillis } from '@starling/protocol'
import {
  type ChangeRecord,
  covers,
  isExpiryChange,
  isRevocation,
  RECORD_LIMITS,
  recordClass,
  revokedTokensOf,
  tokenText,
} from './change-record.ts'
import type { MemoryDisk, MemoryTables } from './memory-disk.ts'
import { dropRecord } from './memory-drop.ts'
import { changeExpiries } from './memory-expiries.ts'
import { deleteMessage } from './memory-messages.ts'
import type { ChangeOutcome } from './node-store.ts'
import { sortedTexts } from './sorted.ts'

export function applyRecord(disk: MemoryDisk, record: ChangeRecord): ChangeOutcome {
  const { tables } = disk
  const held = tables.records.get(record.owner) ?? new Map<RecordId, ChangeRecord>()
  const nothing: ChangeOutcome = { deleted: [], updated: [], unchanged: [], count: 0, known: false }
  if (held.has(record.id)) return { ...nothing, known: true }
  const revokedBefore = revokedTokensOf(held.values())
  if (recordClass(record.change) !== 'deletion') disk.assertRoom() // a deletion makes the room for its record
  tables.records.set(record.owner, held.set(record.id, record))
  const { change } = record
  const changed = isExpiryChange(change) ? changeExpiries(tables, { ...record, change }) : undefined
  dropExcess(tables, record)
  if (changed) return { ...nothing, ...changed }
  const revokedNow = revokedTokensOf(held.values())
  const withdrawn = new Set(change.kind === 'unrevoke' ? change.tokens.map(tokenText) : [])
  const count = [...withdrawn].filter((token) => revokedBefore.has(token) && !revokedNow.has(token)).length
  return { ...nothing, deleted: deleteCovered(tables, record), count }
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
function dropExcess(tables: MemoryTables, { owner, change }: ChangeRecord): void {
  const kind = recordClass(change)
  const alike = [...(tables.records.get(owner)?.values() ?? [])].filter((record) => recordClass(record.change) === kind)
  const newestFirst = alike.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1))
  let [records, bytes] = [0, 0]
  for (const record of newestFirst) {
    records++
    bytes += record.request.length
    if (records > RECORD_LIMITS[kind].records || bytes > RECORD_LIMITS[kind].bytes) dropRecord(tables, record)
  }
}
