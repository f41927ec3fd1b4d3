/** Statements that change messages. They run inside the transaction of their group. */
import type { DatabaseSync } from 'node:sqlite'
import type { MessageHash, Namespace, Owner, UnixMillis } from '@starling/protocol'
import { ITEM_ID_BYTES } from '../storage/buckets.ts'
import { expiryAfter } from '../storage/expiry-change.ts'
import type { PlacedHash, PutOrigin, PutOutcome, StoredMessage } from '../storage/node-store.ts'
import { sortedTexts } from '../storage/sorted.ts'
import type { BucketTable } from './bucket-table.ts'
import type { DiskRoom } from './disk-room.ts'
import { createExpirySteps } from './expiry-steps.ts'
import { hashBytes } from './key-bytes.ts'
import type { OwnerEntry, OwnerLimits, OwnerTable } from './owner-table.ts'
import { inSlices, type Walk } from './owner-walk.ts'
import { KINDS } from './record-kinds.ts'
import { DamagedError, NoRoomError } from './sqlite-failure.ts'

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

/** A message that is here; `given`: the latest expiry that a store gave. */
export type Held = Readonly<Record<'id' | 'namespace' | 'expiry' | 'given' | 'storedAt', number>>

export function createMessageWrites(context: WriteContext) {
  const { db, counts, owners, buckets } = context
  const steps = createExpirySteps(db)
  /** Of the newest message there was, also in a transaction that did not happen: IDs only have to ascend. */
  let lastId = Number(db.prepare('SELECT COALESCE(MAX(id), 0) AS id FROM messages').get()!['id'])
  const insertItem = db.prepare('INSERT INTO items(bucket, id, ref, owner) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING')
  const insert = db.prepare(`INSERT INTO messages(id, owner, namespace, timestamp, expiry, stored_at, hash,
    authorisation, data, given) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const insertPlace = db.prepare('INSERT INTO places(owner, namespace, message, size) VALUES (?, ?, ?, ?)')
  const held = db.prepare(`SELECT m.id, m.namespace, m.expiry, COALESCE(m.given, m.expiry) AS given, m.stored_at
    FROM items i JOIN messages m ON m.id = i.ref WHERE i.bucket = ? AND i.id = ? AND m.owner = ?`)
  const setStored = db.prepare(
    'UPDATE messages SET expiry = ?, given = ?, stored_at = ?, authorisation = ? WHERE id = ?',
  )
  const setSize = db.prepare('UPDATE places SET size = ? WHERE owner = ? AND namespace = ? AND message = ?')
  const setExpiry = db.prepare('UPDATE messages SET expiry = ?, given = ? WHERE id = ?')
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
    const { id, namespace, expiry, given, stored_at } = row
    const times = { expiry: Number(expiry), given: Number(given), storedAt: Number(stored_at) }
    return { id: Number(id), namespace: Number(namespace), ...times }
  }

  /** The expiry that holds after all changes. */
  const expiryOf = (owner: OwnerEntry, hash: Uint8Array, message: Omit<Held, 'id' | 'expiry'>): UnixMillis => {
    const { given: expiry, storedAt } = message
    return expiryAfter({ expiry, storedAt }, steps.of(owner, itemId(hash), message))
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
  const keepExisting = (owner: OwnerEntry, existing: Held, message: StoredMessage, time: number): PutOutcome => {
    const { authorisation, data } = message
    const given = Math.max(existing.given, message.expiry)
    const storedAt = Math.max(existing.storedAt, time)
    const isLater = storedAt > existing.storedAt
    if (!isLater && given === existing.given) return { kind: 'existed', expiry: existing.expiry as UnixMillis }
    const expiry = expiryOf(owner, hashBytes(message.hash), { ...existing, given, storedAt })
    if (isLater) {
      setStored.run(expiry, elseNull(given, expiry), storedAt, authorisation, existing.id)
      setSize.run(data.length + authorisation.length, owner.id, existing.namespace, existing.id)
      owner.usage = undefined
    } else setExpiry.run(expiry, elseNull(given, expiry), existing.id)
    return { kind: 'existed', expiry }
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

  /** Where it was, if it was here and was not stored after `notAfter`. */
  const deleteOne = (
    owner: OwnerEntry,
    hash: MessageHash,
    notAfter = Number.POSITIVE_INFINITY,
  ): PlacedHash | undefined => {
    const key = hashBytes(hash)
    const existing = find(owner, key)
    if (!existing || existing.storedAt > notAfter) return undefined
    removeMessage(owner, existing.id, existing.namespace, key)
    return { hash, namespace: existing.namespace as Namespace }
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
      const holds = expiryOf(owner, hash, { namespace, given: expiry, storedAt })
      const times = [timestamp, holds, storedAt] as const
      insert.run(id, owner.id, namespace, ...times, hash, authorisation, data, elseNull(expiry, holds))
      insertPlace.run(owner.id, namespace, id, size)
      buckets.change(owner.bucket, hash, 1)
      counts.messages++
      if (owner.usage) owner.usage = { messages: owner.usage.messages + 1, bytes: owner.usage.bytes + size }
      return { kind: 'stored' }
    },

    /** Those that were here, sorted. */
    *delete(owner: Owner, hashes: readonly MessageHash[]): Walk<MessageHash[]> {
      const deleted = new Set<MessageHash>()
      yield* inSlices(hashes, (hash) => {
        const entry = owners.find(owner)
        if (entry && deleteOne(entry, hash)) deleted.add(hash)
      })
      return sortedTexts(deleted)
    },

    deleteOne,
    removeMessage,
    find,
    steps,

    /** After a change of the records: the expiry that holds now, which the message gets. */
    renewExpiry(owner: OwnerEntry, message: Held, hash: Uint8Array): UnixMillis {
      const expiry = expiryOf(owner, hash, message)
      if (expiry !== message.expiry) setExpiry.run(expiry, elseNull(message.given, expiry), message.id)
      return expiry
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

/** What is given is not kept twice. */
const elseNull = (given: number, expiry: number): number | null => (given === expiry ? null : given)
const itemId = (hash: Uint8Array): Uint8Array => hash.subarray(0, ITEM_ID_BYTES)
