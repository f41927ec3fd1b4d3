/** Statements that change messages. They run inside the transaction of their group. */
import type { DatabaseSync } from 'node:sqlite'
import type { MessageHash, Owner, UnixMillis } from '@starling/protocol'
import type { PutOutcome, StoredMessage } from '../storage/node-store.ts'
import { sortedExpiries, sortedTexts } from '../storage/sorted.ts'
import { hashBytes, ownerBytes } from './key-bytes.ts'
import type { WriteOperation, WriteResults } from './write-operation.ts'

export type MutableCounts = { messages: number; hints: number }

export type MessageWrites = {
  put(message: StoredMessage): PutOutcome
  delete(owner: Owner, hashes: readonly MessageHash[]): WriteResults['delete']
  expire(operation: Extract<WriteOperation, { kind: 'expire' }>): WriteResults['expire']
  deleteExpired(now: UnixMillis, limit: number): number
}

export function createMessageWrites(db: DatabaseSync, counts: MutableCounts): MessageWrites {
  const insert = db.prepare(`INSERT INTO messages(hash, owner, namespace, timestamp, expiry, data, authorisation)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(hash) DO NOTHING`)
  const expiryOf = db.prepare('SELECT expiry FROM messages WHERE hash = ? AND owner = ?')
  const setExpiry = db.prepare('UPDATE messages SET expiry = ? WHERE hash = ?')
  const remove = db.prepare('DELETE FROM messages WHERE hash = ? AND owner = ?')
  const removeExpired = db.prepare(`DELETE FROM messages
    WHERE id IN (SELECT id FROM messages WHERE expiry <= ? ORDER BY expiry LIMIT ?) RETURNING hash`)
  const removeHintsOfMessage = db.prepare('DELETE FROM hints WHERE hash = ?')
  const removeExpiredHints = db.prepare(`DELETE FROM hints
    WHERE id IN (SELECT id FROM hints WHERE expiry <= ? ORDER BY expiry LIMIT ?)`)

  const currentExpiry = (hash: Uint8Array, owner: Uint8Array) => {
    const row = expiryOf.get(hash, owner)
    return row && (Number(row['expiry']) as UnixMillis)
  }
  const forget = (hash: Uint8Array) => {
    counts.messages--
    counts.hints -= Number(removeHintsOfMessage.run(hash).changes)
  }

  return {
    put(message) {
      const [hash, owner] = [hashBytes(message.hash), ownerBytes(message.owner)]
      const { namespace, timestamp, expiry, data, authorisation } = message
      if (insert.run(hash, owner, namespace, timestamp, expiry, data, authorisation).changes === 1) {
        counts.messages++
        return { kind: 'stored' }
      }
      const held = currentExpiry(hash, owner) ?? expiry
      if (expiry <= held) return { kind: 'existed', expiry: held }
      setExpiry.run(expiry, hash)
      return { kind: 'existed', expiry }
    },

    delete(owner, hashes) {
      const ownerKey = ownerBytes(owner)
      const deleted: MessageHash[] = []
      for (const hash of hashes) {
        const key = hashBytes(hash)
        if (remove.run(key, ownerKey).changes === 0) continue
        forget(key)
        deleted.push(hash)
      }
      return sortedTexts(deleted)
    },

    expire({ owner, hashes, expiries, mode }) {
      const ownerKey = ownerBytes(owner)
      const updated = new Map<MessageHash, UnixMillis>()
      const unchanged = new Map<MessageHash, UnixMillis>()
      for (const [index, hash] of hashes.entries()) {
        const expiry = expiries.length === 1 ? expiries[0]! : expiries[index]!
        const key = hashBytes(hash)
        const held = currentExpiry(key, ownerKey)
        if (held === undefined) continue
        if ((mode === 'shorten' && expiry >= held) || (mode === 'extend' && expiry <= held)) {
          if (!updated.has(hash)) unchanged.set(hash, held)
          continue
        }
        setExpiry.run(expiry, key)
        unchanged.delete(hash)
        updated.set(hash, expiry)
      }
      return { updated: sortedExpiries(updated), unchanged: sortedExpiries(unchanged) }
    },

    deleteExpired(now, limit) {
      const gone = removeExpired.all(now, limit)
      for (const row of gone) forget(row['hash'] as Uint8Array)
      const hints = Number(removeExpiredHints.run(now, limit - gone.length).changes)
      counts.hints -= hints
      return gone.length + hints
    },
  }
}
