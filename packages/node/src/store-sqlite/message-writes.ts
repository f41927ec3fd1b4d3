/** Statements that change messages. They run inside the transaction of their group. */
import type { DatabaseSync } from 'node:sqlite'
import type { MessageHash, Namespace, Owner, UnixMillis } from '@starling/protocol'
import { ITEM_ID_BYTES } from '../storage/buckets.ts'
import type { PlacedHash, PutOrigin, PutOutcome, StoredMessage } from '../storage/node-store.ts'
import { sortedExpiries, sortedTexts } from '../storage/sorted.ts'
import type { BucketTable } from './bucket-table.ts'
import type { DiskRoom } from './disk-room.ts'
import { hashBytes, hashText } from './key-bytes.ts'
import type { OwnerEntry, OwnerLimits, OwnerTable } from './owner-table.ts'
import { createOwnerWalk, type Walk } from './owner-walk.ts'
import { KINDS } from './record-kinds.ts'
import { DamagedError, NoRoomError } from './sqlite-failure.ts'
import type { WriteOperation, WriteResults } from './write-operation.ts'

/** Milliseconds that a deletion of expired messages may keep other writes waiting, and after how many it looks. */
const SWEEP_TIME = 5
const SWEEP_STEP = 20

export type MutableCounts = { messages: number; records: number; hints: number }

/** What the operations of one writer share. */
export type WriteContext = {
  readonly db: DatabaseSync
  readonly counts: MutableCounts
  readonly owners: OwnerTable
  readonly buckets: BucketTable
  readonly limits: OwnerLimits
  readonly room: Pick<DiskRoom, 'take'>
}

export type MessageWrites = ReturnType<typeof createMessageWrites>

type Held = { readonly id: number; readonly namespace: number; readonly expiry: number; readonly storedAt: number }

export function createMessageWrites(context: WriteContext) {
  const { db, counts, owners, buckets } = context
  const walk = createOwnerWalk(context)
  /** Of the newest message there was, also in a transaction that did not happen: IDs only have to ascend. */
  let lastId = Number(db.prepare('SELECT COALESCE(MAX(id), 0) AS id FROM messages').get()!['id'])
  const insertItem = db.prepare('INSERT INTO items(bucket, id, ref, owner) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
  const insert = db.prepare(`INSERT INTO messages(id, owner, namespace, timestamp, expiry, stored_at, hash,
    authorisation, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const insertPlace = db.prepare('INSERT INTO places(owner, namespace, message, size) VALUES (?, ?, ?, ?)')
  const held = db.prepare(`SELECT m.id, m.namespace, m.expiry, m.stored_at FROM items i JOIN messages m ON m.id = i.ref
    WHERE i.bucket = ? AND i.id = ? AND m.owner = ?`)
  const setStored = db.prepare('UPDATE messages SET expiry = ?, stored_at = ?, authorisation = ? WHERE id = ?')
  const setSize = db.prepare('UPDATE places SET size = ? WHERE owner = ? AND namespace = ? AND message = ?')
  const setExpiry = db.prepare('UPDATE messages SET expiry = ? WHERE id = ?')
  const remove = db.prepare('DELETE FROM messages WHERE id = ?')
  const removePlace = db.prepare(`DELETE FROM places WHERE owner = ? AND namespace = ? AND message = ? RETURNING size`)
  const removeItem = db.prepare('DELETE FROM items WHERE bucket = ? AND id = ?')
  const removeHints = db.prepare('DELETE FROM hints WHERE message = ?')
  const expired = db.prepare(
    'SELECT id, owner, namespace, hash FROM messages WHERE expiry <= ? ORDER BY expiry LIMIT ?',
  )
  const deletedByHash = db.prepare(`SELECT MAX(r.at) AS at FROM tombstones t JOIN records r ON r.id = t.record
    WHERE t.owner = ? AND t.item = ?`)
  const deletedByRange = db.prepare(`SELECT MAX(at) AS at FROM records WHERE owner = ?1 AND kind = ${KINDS.deleteAll}
    AND (namespace IS NULL OR namespace = ?2) AND (before IS NULL OR before >= ?3)`)

  const find = (owner: OwnerEntry, hash: Uint8Array): Held | undefined => {
    const row = held.get(owner.bucket, itemId(hash), owner.id)
    if (!row) return undefined
    const { id, namespace, expiry, stored_at } = row
    return { id: Number(id), namespace: Number(namespace), expiry: Number(expiry), storedAt: Number(stored_at) }
  }

  /** Of the latest record that covers the message, or would if it were older; 0 if there is none. */
  const latestDeletion = (owner: OwnerEntry, message: StoredMessage, hash: Uint8Array): number => {
    if (owner.latestDeletion < message.storedAt) return 0
    const byHash = deletedByHash.get(owner.id, itemId(hash))?.['at'] ?? 0
    const byRange = deletedByRange.get(owner.id, message.namespace, message.timestamp)?.['at'] ?? 0
    const latest = Math.max(Number(byHash), Number(byRange))
    return latest < message.storedAt ? 0 : latest
  }

  const refusalOf = (owner: OwnerEntry, size: number, origin: PutOrigin): NoRoomError | undefined => {
    if (!isWithinLimits(owner, size, origin)) return new NoRoomError('owner_full')
    return context.room.take(size) ? undefined : new NoRoomError('full')
  }

  const isWithinLimits = (owner: OwnerEntry, size: number, origin: PutOrigin): boolean => {
    const { maxBytes, maxMessages } = context.limits
    if (maxBytes === 0 && maxMessages === 0) return true
    const share = origin === 'client' ? 1 : 2
    const { messages, bytes } = owners.usageOf(owner)
    const tooMany = maxMessages > 0 && messages + 1 > share * maxMessages
    return !tooMany && (maxBytes === 0 || bytes + size <= share * maxBytes)
  }

  /** The authorisation is that of the latest store: its time is about `storedAt`, and members verify that. */
  const keepExisting = (owner: OwnerEntry, existing: Held, message: StoredMessage, storedAt: number): PutOutcome => {
    const { expiry, authorisation, data } = message
    const later = Math.max(existing.expiry, expiry) as UnixMillis
    if (storedAt > existing.storedAt) {
      setStored.run(later, storedAt, authorisation, existing.id)
      setSize.run(data.length + authorisation.length, owner.id, existing.namespace, existing.id)
      owner.usage = undefined
    } else if (later > existing.expiry) setExpiry.run(later, existing.id)
    return { kind: 'existed', expiry: later }
  }

  const removeMessage = (owner: OwnerEntry, id: number, namespace: number, hash: Uint8Array) => {
    remove.run(id)
    const size = Number(removePlace.get(owner.id, namespace, id)?.['size'])
    removeItem.run(owner.bucket, itemId(hash))
    buckets.change(owner.bucket, hash, -1)
    if (counts.hints > 0) counts.hints -= Number(removeHints.run(id).changes)
    counts.messages--
    if (owner.usage) owner.usage = { messages: owner.usage.messages - 1, bytes: owner.usage.bytes - size }
    owners.reduce(owner)
  }

  return {
    put(message: StoredMessage, origin: PutOrigin): PutOutcome {
      const { namespace, timestamp, expiry, data, authorisation } = message
      const hash = hashBytes(message.hash)
      const size = data.length + authorisation.length
      const owner = owners.findOrAdd(message.owner)
      const deleted = latestDeletion(owner, message, hash)
      const storedAt = Math.max(message.storedAt, deleted + 1)
      const isDeleted = deleted > 0 && origin === 'peer'
      const refusal = isDeleted ? undefined : refusalOf(owner, size, origin)
      if (isDeleted || refusal) {
        const existing = find(owner, hash)
        if (!existing) owners.reduce(owner) // it may have come with this message
        if (isDeleted)
          return existing ? { kind: 'existed', expiry: existing.expiry as UnixMillis } : { kind: 'deleted' }
        if (existing) return keepExisting(owner, existing, message, storedAt)
        throw refusal
      }
      const id = lastId + 1
      if (insertItem.run(owner.bucket, itemId(hash), id, owner.id).changes === 0) {
        const existing = find(owner, hash)
        if (!existing) throw new DamagedError()
        return keepExisting(owner, existing, message, storedAt)
      }
      lastId = id
      insert.run(id, owner.id, namespace, timestamp, expiry, storedAt, hash, authorisation, data)
      insertPlace.run(owner.id, namespace, id, size)
      buckets.change(owner.bucket, hash, 1)
      counts.messages++
      if (owner.usage) owner.usage = { messages: owner.usage.messages + 1, bytes: owner.usage.bytes + size }
      return { kind: 'stored' }
    },

    /** Those that were here and were not stored after `notAfter`. */
    delete(owner: Owner, hashes: readonly MessageHash[], notAfter = Number.POSITIVE_INFINITY): PlacedHash[] {
      const entry = owners.find(owner)
      const deleted = new Map<MessageHash, Namespace>()
      for (const hash of entry ? hashes : []) {
        const key = hashBytes(hash)
        const existing = find(entry!, key)
        if (!existing || existing.storedAt > notAfter) continue
        removeMessage(entry!, existing.id, existing.namespace, key)
        deleted.set(hash, existing.namespace as Namespace)
      }
      return sortedTexts(deleted.keys()).map((hash) => ({ hash, namespace: deleted.get(hash)! }))
    },

    removeMessage,

    expire(operation: Extract<WriteOperation, { kind: 'expire' }>): WriteResults['expire'] {
      const { owner, hashes, expiries, mode } = operation
      const entry = owners.find(owner)
      const updated = new Map<MessageHash, UnixMillis>()
      const unchanged = new Map<MessageHash, UnixMillis>()
      for (const [index, hash] of (entry ? hashes : []).entries()) {
        const expiry = expiries.length === 1 ? expiries[0]! : expiries[index]!
        const existing = find(entry!, hashBytes(hash))
        if (!existing) continue
        const current = existing.expiry as UnixMillis
        if ((mode === 'shorten' && expiry >= current) || (mode === 'extend' && expiry <= current)) {
          if (!updated.has(hash)) unchanged.set(hash, current)
          continue
        }
        setExpiry.run(expiry, existing.id)
        unchanged.delete(hash)
        updated.set(hash, expiry)
      }
      return { updated: sortedExpiries(updated), unchanged: sortedExpiries(unchanged) }
    },

    *expireAll({
      owner,
      namespace,
      expiry,
    }: Extract<WriteOperation, { kind: 'expireAll' }>): Walk<WriteResults['expireAll']> {
      const changed = new Map<MessageHash, Namespace>()
      yield* walk(owner, namespace, (_, row) => {
        if (row.expiry <= expiry) return
        setExpiry.run(expiry, row.id)
        changed.set(hashText(row.hash), row.namespace)
      })
      return sortedTexts(changed.keys()).map((hash) => ({ hash, namespace: changed.get(hash)!, expiry }))
    },

    /** Ends early rather than keeping other writes waiting: what is left is for the next call. */
    deleteExpired(now: UnixMillis, limit: number): number {
      const start = performance.now()
      let deleted = 0
      while (deleted < limit && performance.now() - start < SWEEP_TIME) {
        const rows = expired.all(now, Math.min(limit - deleted, SWEEP_STEP))
        for (const row of rows) {
          const owner = owners.byId(Number(row['owner']))
          removeMessage(owner, Number(row['id']), Number(row['namespace']), row['hash'] as Uint8Array)
        }
        deleted += rows.length
        if (rows.length < SWEEP_STEP) break
      }
      return deleted
    },
  }
}

const itemId = (hash: Uint8Array): Uint8Array => hash.subarray(0, ITEM_ID_BYTES)
