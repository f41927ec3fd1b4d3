/** Messages in the tables of a `MemoryDisk`. */
import type { MessageHash, Owner, UnixMillis } from '@starling/protocol'
import { latestDeletion } from './change-record.ts'
import type { MemoryDisk, MemoryTables } from './memory-disk.ts'
import { forgetGiven, givenExpiry, withExpiry } from './memory-given.ts'
import { dropHints } from './memory-hints.ts'
import {
  type PutOrigin,
  type PutOutcome,
  type RetrieveQuery,
  retrieveCost,
  type StoredMessage,
  type StoreTuning,
} from './node-store.ts'
import { NodeStoreError } from './node-store-error.ts'

export type OwnerLimits = Pick<StoreTuning, 'maxOwnerBytes' | 'maxOwnerMessages'>

export function put(disk: MemoryDisk, limits: OwnerLimits, message: StoredMessage, origin: PutOrigin): PutOutcome {
  const { tables } = disk
  const held = tables.messages.get(message.owner) ?? new Map<MessageHash, StoredMessage>()
  const existing = held.get(message.hash)
  const deleted = latestDeletion(tables.records.get(message.owner)?.values() ?? [], message)
  if (origin === 'peer' && message.storedAt <= deleted) {
    return existing ? { kind: 'existed', expiry: existing.expiry } : { kind: 'deleted' }
  }
  const storedAt = Math.max(message.storedAt, deleted + 1, existing?.storedAt ?? 0) as UnixMillis
  if (existing) {
    const given = Math.max(givenExpiry(tables, existing), message.expiry) as UnixMillis
    // The authorisation is that of the latest store: its time is about `storedAt`, and members verify that.
    const { authorisation } = storedAt > existing.storedAt ? message : existing
    const merged = withExpiry(tables, { ...existing, storedAt, authorisation }, given)
    held.set(message.hash, merged)
    return { kind: 'existed', expiry: merged.expiry }
  }
  assertOwnerRoom(limits, [...held.values(), message], origin)
  disk.assertRoom()
  const kept = withExpiry(tables, { ...message, storedAt }, message.expiry)
  tables.messages.set(message.owner, held.set(message.hash, kept))
  return { kind: 'stored' }
}

export function retrieve(tables: MemoryTables, query: RetrieveQuery): { messages: StoredMessage[]; more: boolean } {
  const arrived = [...(tables.messages.get(query.owner)?.values() ?? [])].filter(
    ({ namespace }) => namespace === query.namespace,
  )
  const all = query.reverse ? arrived.reverse() : arrived
  const start = all.findIndex(({ hash }) => hash === query.after) + 1
  const messages: StoredMessage[] = []
  let size = 0
  for (const message of all.slice(start).filter(({ expiry }) => expiry > query.now)) {
    size += retrieveCost(message.data.length)
    if (messages.length > 0 && (size > query.sizeBudget || messages.length >= query.countLimit)) {
      return { messages, more: true }
    }
    messages.push(message)
  }
  return { messages, more: false }
}

export function deleteMessage(tables: MemoryTables, owner: Owner, hash: MessageHash): boolean {
  const held = tables.messages.get(owner)
  const message = held?.get(hash)
  if (!held || !message) return false
  held.delete(hash)
  forgetGiven(tables, message)
  if (held.size === 0) tables.messages.delete(owner)
  dropHints(tables, ({ work }) => work.kind === 'message' && work.hash === hash)
  return true
}

/** @throws {NodeStoreError} `owner_full` */
function assertOwnerRoom(limits: OwnerLimits, messages: readonly StoredMessage[], origin: PutOrigin): void {
  const share = origin === 'client' ? 1 : 2
  const size = messages.reduce((sum, { data, authorisation }) => sum + data.length + authorisation.length, 0)
  const { maxOwnerBytes = 0, maxOwnerMessages = 0 } = limits
  const tooMany = maxOwnerMessages > 0 && messages.length > share * maxOwnerMessages
  const tooLarge = maxOwnerBytes > 0 && size > share * maxOwnerBytes
  if (tooMany || tooLarge) throw new NodeStoreError('owner_full')
}
