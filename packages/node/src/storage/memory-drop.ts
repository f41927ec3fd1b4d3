/** Takes a change record, and what belongs to it, from the tables of a `MemoryDisk`. */
import type { ChangeRecord } from './change-record.ts'
import type { MemoryTables } from './memory-disk.ts'
import { dropHints } from './memory-hints.ts'

export function dropRecord(tables: MemoryTables, { owner, id }: Pick<ChangeRecord, 'owner' | 'id'>): void {
  const held = tables.records.get(owner)
  if (!held?.delete(id)) return
  if (held.size === 0) tables.records.delete(owner)
  tables.steps.delete(id)
  dropHints(tables, ({ work }) => work.kind === 'record' && work.id === id)
}
