/** Messages in the tables of a `MemoryDisk`. */
import type { MessageHash, Owner, UnixMillis } from '@starling/protocol'
import { latestDeletion } from './change-record.ts'
import type { MemoryDisk, MemoryTables } from './memory-disk.ts'
import { dropHints } from './memory-hints.ts'
import {
  type ExpireMode,
  type NodeStore,
  type PutOrigin,
  type PutOutcome,
  type RetrieveQuery,
  retrieveCost,
  type StoredMessage,
  type StoreTuning,
} from './node-store.ts'
import { NodeStoreError } from './node-store-error.ts'
import { sortedExpiries, sortedTexts } from './sorted.ts'

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
    const expiry = Math.max(existing.expiry, message.expiry) as UnixMillis
    // The authorisation is that of the latest store: its time is about `storedAt`, and members verify that.
    const { authorisation } = storedAt > existing.storedAt ? message : existing
    held.set(message.hash, { ...existing, expiry, storedAt, authorisation })
    return { kind: 'existed', expiry }
  }
  assertOwnerRoom(limits, [...held.values(), message], origin)
  disk.assertRoom()
  tables.messages.set(message.owner, held.set(message.hash, { ...message, storedAt }))
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

export function expire(
  tables: MemoryTables,
  change: Parameters<NodeStore['expire']>[0],
): Awaited<ReturnType<NodeStore['expire']>> {
  const held = tables.messages.get(change.owner)
  const updated = new Map<MessageHash, UnixMillis>()
  const unchanged = new Map<MessageHash, UnixMillis>()
  for (const [index, hash] of change.hashes.entries()) {
    const message = held?.get(hash)
    if (!held || !message) continue
    const expiry = change.expiries.length === 1 ? change.expiries[0]! : change.expiries[index]!
    if (isKept(change.mode, message.expiry, expiry)) {
      if (!updated.has(hash)) unchanged.set(hash, message.expiry)
      continue
    }
    held.set(hash, { ...message, expiry })
    unchanged.delete(hash)
    updated.set(hash, expiry)
  }
  return { updated: sortedExpiries(updated), unchanged: sortedExpiries(unchanged) }
}

function isKept(mode: ExpireMode, held: UnixMillis, wanted: UnixMillis): boolean {
  return (mode === 'shorten' && wanted >= held) || (mode === 'extend' && wanted <= held)
}

export function expireAll(
  tables: MemoryTables,
  { owner, namespace, expiry }: Parameters<NodeStore['expireAll']>[0],
): Awaited<ReturnType<NodeStore['expireAll']>> {
  const held = tables.messages.get(owner)
  if (!held) return []
  const longer = [...held.values()].filter(
    (message) => message.expiry > expiry && (namespace === 'all' || message.namespace === namespace),
  )
  for (const message of longer) held.set(message.hash, { ...message, expiry })
  return sortedTexts(longer.map(({ hash }) => hash)).map((hash) => {
    return { hash, namespace: held.get(hash)!.namespace, expiry }
  })
}

export function deleteMessage(tables: MemoryTables, owner: Owner, hash: MessageHash): boolean {
  const held = tables.messages.get(owner)
  if (!held?.delete(hash)) return false
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
