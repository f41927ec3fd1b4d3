/**
 * Owners as the writer knows them: their numbers, and what it would otherwise look up at every write. Everything here is
 * derived from the database; after a rollback it is forgotten.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Owner } from '@starling/protocol'
import { bucketOf } from '../storage/buckets.ts'
import { ownerBytes, ownerText } from './key-bytes.ts'
import { CLASS_KINDS } from './record-kinds.ts'
import { DamagedError } from './sqlite-failure.ts'

export type OwnerLimits = { readonly maxBytes: number; readonly maxMessages: number }

export type OwnerEntry = {
  readonly id: number
  readonly owner: Owner
  readonly bucket: number
  /** Of the latest deletion; 0 without. */
  latestDeletion: number
  /** False: it has none. */
  mayHaveExpiryChanges: boolean
  /** Counted when it is first needed. */
  usage: { messages: number; bytes: number } | undefined
}

/** About 5 MB. */
const MAX_KNOWN = 20_000

export class OwnerTable {
  readonly #known = new Map<Owner, OwnerEntry>()
  /** Owners from whom something was taken in this transaction. */
  readonly #reduced = new Set<OwnerEntry>()
  readonly #statements

  constructor(db: DatabaseSync) {
    this.#statements = {
      idOf: db.prepare('SELECT id FROM owners WHERE key = ?'),
      keyOf: db.prepare('SELECT key FROM owners WHERE id = ?'),
      insert: db.prepare('INSERT INTO owners(key) VALUES (?)'),
      remove: db.prepare(`DELETE FROM owners WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM places WHERE owner = ?1)
        AND NOT EXISTS (SELECT 1 FROM records WHERE owner = ?1)`),
      latestDeletion: db.prepare(
        `SELECT MAX(at) AS at FROM records WHERE owner = ? AND kind IN ${CLASS_KINDS.deletion}`,
      ),
      expiryChange: db.prepare(`SELECT 1 FROM records WHERE owner = ?1 AND kind IN ${CLASS_KINDS.expiry}
        UNION ALL SELECT 1 FROM records WHERE owner = ?1 AND kind IN ${CLASS_KINDS.expiryOfAll} LIMIT 1`),
      usage: db.prepare('SELECT COUNT(*) AS messages, COALESCE(SUM(size), 0) AS bytes FROM places WHERE owner = ?'),
    }
  }

  find(owner: Owner): OwnerEntry | undefined {
    const known = this.#known.get(owner)
    if (known) return known
    const row = this.#statements.idOf.get(ownerBytes(owner))
    return row && this.#learn(owner, Number(row['id']))
  }

  findOrAdd(owner: Owner): OwnerEntry {
    const found = this.find(owner)
    if (found) return found
    return this.#learn(owner, Number(this.#statements.insert.run(ownerBytes(owner)).lastInsertRowid))
  }

  /** The owner of a row that refers to it. */
  byId(id: number): OwnerEntry {
    const key = this.#statements.keyOf.get(id)?.['key']
    if (!(key instanceof Uint8Array)) throw new DamagedError()
    return this.find(ownerText(key))!
  }

  usageOf(entry: OwnerEntry): { messages: number; bytes: number } {
    if (!entry.usage) {
      const row = this.#statements.usage.get(entry.id)!
      entry.usage = { messages: Number(row['messages']), bytes: Number(row['bytes']) }
    }
    return entry.usage
  }

  /** To be called when a message or a record of it is deleted. */
  reduce(entry: OwnerEntry): void {
    this.#reduced.add(entry)
  }

  /** Before the commit: owners who have nothing left go. */
  flush(): void {
    for (const { id, owner } of this.#reduced) {
      if (Number(this.#statements.remove.run(id).changes) > 0) this.#known.delete(owner)
    }
    this.#reduced.clear()
  }

  rollback(): void {
    this.#known.clear()
    this.#reduced.clear()
  }

  #learn(owner: Owner, id: number): OwnerEntry {
    if (this.#known.size >= MAX_KNOWN) this.#known.clear()
    const latestDeletion = Number(this.#statements.latestDeletion.get(id)?.['at'] ?? 0)
    const mayHaveExpiryChanges = this.#statements.expiryChange.get(id) !== undefined
    const entry = { id, owner, bucket: bucketOf(owner), latestDeletion, mayHaveExpiryChanges, usage: undefined }
    this.#known.set(owner, entry)
    return entry
  }
}
