/** Carries out write operations. Imports the database alone: the writer's thread starts quickly. */
import type { DatabaseSync } from 'node:sqlite'
import { BucketTable } from './bucket-table.ts'
import type { DiskRoom } from './disk-room.ts'
import { createHintWrites } from './hint-writes.ts'
import { createMessageWrites, type MessageWrites, type MutableCounts, type WriteContext } from './message-writes.ts'
import { type OwnerLimits, OwnerTable } from './owner-table.ts'
import type { Walk } from './owner-walk.ts'
import { createRecordWrites, type RecordWrites } from './record-writes.ts'
import type { WriteOperation, WriteResult } from './write-operation.ts'

const ENDLESS = { take: () => true }

export type WriteOperations = {
  readonly counts: Readonly<MutableCounts>
  /** At the beginning of a transaction. */
  begin(): void
  /** Carries out one operation inside the running transaction, or begins a walk that does. */
  carryOut(operation: WriteOperation): WriteResult | Walk<WriteResult>
  /** Writes what a transaction writes once, at its end. */
  beforeCommit(): void
  /** Remembers that all of the transaction is durable. */
  committed(): void
  /** Forgets what the transaction, which did not happen, had changed. */
  rolledBack(): void
}

/** @param room as much as there is, unless given. */
export function createWriteOperations(db: DatabaseSync, limits: OwnerLimits, room?: DiskRoom): WriteOperations {
  const buckets = new BucketTable(db)
  const counts = countRows(db, buckets)
  let durable = { ...counts }
  const context: WriteContext = { db, limits, counts, owners: new OwnerTable(db), buckets, room: room ?? ENDLESS }
  const messages = createMessageWrites(context)
  const records = createRecordWrites(context, messages)
  return {
    counts,
    begin: () => room?.measure(),
    carryOut: createOperations(context, messages, records),
    beforeCommit() {
      context.owners.flush()
      context.buckets.flush()
    },
    committed() {
      durable = { ...counts }
    },
    rolledBack() {
      Object.assign(counts, durable)
      context.owners.rollback()
      context.buckets.rollback()
      records.rollback()
    },
  }
}

function createOperations(
  context: WriteContext,
  messages: MessageWrites,
  records: RecordWrites,
): WriteOperations['carryOut'] {
  const hints = createHintWrites(context)
  const setValue = context.db.prepare(`INSERT INTO node_values(key, value) VALUES (?, ?)
    ON CONFLICT(key) DO UPDATE SET value = excluded.value`)

  return (operation) => {
    switch (operation.kind) {
      case 'put':
        return messages.put(operation.message, operation.origin)
      case 'apply':
        return records.apply(operation.record)
      case 'delete':
        return messages.delete(operation.owner, operation.hashes)
      case 'forget':
        return records.forget(operation.owner, operation)
      case 'deleteExpired': {
        const { now, limit } = operation
        if (records.resume()) return 1
        let deleted = messages.deleteExpired(now, limit)
        if (deleted < limit) deleted += records.deleteExpired(now, limit - deleted)
        if (deleted < limit) deleted += hints.deleteExpired(now, limit - deleted)
        return deleted
      }
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

function countRows(db: DatabaseSync, buckets: BucketTable): MutableCounts {
  const records = Number(db.prepare('SELECT COUNT(*) AS rows FROM records').get()?.['rows'])
  const hints = Number(db.prepare('SELECT COUNT(*) AS rows FROM hints').get()?.['rows'])
  // Not counted row by row, which takes seconds for millions.
  return { messages: buckets.itemCount() - records, records, hints }
}
