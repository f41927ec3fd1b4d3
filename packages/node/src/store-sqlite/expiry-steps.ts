/** What an owner's records do to the expiry of one message. Imports types alone: the writer's thread starts quickly. */
import type { DatabaseSync } from 'node:sqlite'
import type { ExpiryStep } from '../storage/expiry-change.ts'
import { recordText } from './key-bytes.ts'
import type { OwnerEntry } from './owner-table.ts'
import { CLASS_KINDS, MODES } from './record-kinds.ts'

/** With the number of its record. */
export type KeptStep = ExpiryStep & { readonly record: number }

export function createExpirySteps(db: DatabaseSync) {
  const byItem = db.prepare(`SELECT c.record, c.expiry, r.kind, r.at, r.key FROM expiry_changes c
    JOIN records r ON r.id = c.record WHERE c.owner = ? AND c.item = ?`)
  const ofNamespace = db.prepare(`SELECT id AS record, before AS expiry, at, key FROM records
    WHERE owner = ?1 AND kind IN ${CLASS_KINDS.expiryOfAll} AND (namespace IS NULL OR namespace = ?2) AND at >= ?3`)

  /** Of those that name the message. @param item the first 16 bytes of its hash */
  const naming = (owner: OwnerEntry, item: Uint8Array): KeptStep[] =>
    byItem.all(owner.id, item).map((row) => stepOf(row, MODES[Number(row['kind']) as keyof typeof MODES]))

  return {
    naming,
    /** Of all that matter to a message that was stored then. */
    of(owner: OwnerEntry, item: Uint8Array, message: { readonly namespace: number; readonly storedAt: number }) {
      if (!owner.mayHaveExpiryChanges) return []
      const rows = ofNamespace.all(owner.id, message.namespace, message.storedAt)
      return [...naming(owner, item), ...rows.map((row) => stepOf(row, 'shorten'))]
    },
  }
}

function stepOf(row: Record<string, unknown>, mode: ExpiryStep['mode']): KeptStep {
  const id = recordText(row['key'] as Uint8Array)
  return { record: Number(row['record']), at: Number(row['at']), id, mode, expiry: Number(row['expiry']) }
}
