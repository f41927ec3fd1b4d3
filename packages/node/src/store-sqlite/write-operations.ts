/** Carries out write operations. Imports the database alone: the writer's thread starts quickly. */
import type { DatabaseSync } from 'node:sqlite'
import type { NodeId } from '@starling/protocol'
import type { NewHint } from '../storage/node-store.ts'
import { hashBytes, memberBytes } from './key-bytes.ts'
import { createMessageWrites, type MutableCounts } from './message-writes.ts'
import type { WriteOperation, WriteResult } from './write-operation.ts'

export type { MutableCounts } from './message-writes.ts'

/** A function that carries out one operation inside the running transaction, and keeps `counts` right. */
export function createWriteOperations(
  db: DatabaseSync,
  counts: MutableCounts,
): (operation: WriteOperation) => WriteResult {
  const messages = createMessageWrites(db, counts)
  const hints = createHintWrites(db, counts)
  const setValue = db.prepare(`INSERT INTO node_values(key, value) VALUES (?, ?)
    ON CONFLICT(key) DO UPDATE SET value = excluded.value`)

  return (operation) => {
    switch (operation.kind) {
      case 'put':
        return messages.put(operation.message)
      case 'delete':
        return messages.delete(operation.owner, operation.hashes)
      case 'expire':
        return messages.expire(operation)
      case 'deleteExpired':
        return messages.deleteExpired(operation.now, operation.limit)
      case 'addHints':
        return hints.add(operation.hints)
      case 'settleHints':
        return hints.settle(operation.ids)
      case 'postponeHints':
        return hints.postpone(operation.ids, operation.until)
      case 'dropHintsOf':
        return hints.dropOf(operation.member)
      case 'setValue':
        setValue.run(operation.key, operation.value)
        return undefined
      default:
        return operation satisfies never
    }
  }
}

function createHintWrites(db: DatabaseSync, counts: MutableCounts) {
  // Only while the message is here: its deletion takes its hints along, so that no hint is ever without its message.
  const addMessage = db.prepare(`INSERT INTO hints(member, hash, expiry)
    SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM messages WHERE hash = ?2) ON CONFLICT DO NOTHING`)
  const addRequest = db.prepare('INSERT INTO hints(member, request, expiry) VALUES (?, ?, ?)')
  const settle = db.prepare('DELETE FROM hints WHERE id = ?')
  const postpone = db.prepare('UPDATE hints SET due = ?, attempts = attempts + 1 WHERE id = ?')
  const dropOf = db.prepare('DELETE FROM hints WHERE member = ?')

  return {
    add(hints: readonly NewHint[]): undefined {
      for (const { member, work, expiry } of hints) {
        const { changes } =
          work.kind === 'message'
            ? addMessage.run(memberBytes(member), hashBytes(work.hash), expiry)
            : addRequest.run(memberBytes(member), work.request, expiry)
        counts.hints += Number(changes)
      }
    },
    settle(ids: readonly number[]): undefined {
      for (const id of ids) counts.hints -= Number(settle.run(id).changes)
    },
    postpone(ids: readonly number[], until: number): undefined {
      for (const id of ids) postpone.run(until, id)
    },
    dropOf(member: NodeId): undefined {
      counts.hints -= Number(dropOf.run(memberBytes(member)).changes)
    },
  }
}
