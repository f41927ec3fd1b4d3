/**
 * The local store of Node.js: one table of SQLite. Invariants: one store at a time has the file, in all processes (SQLite's
 * exclusive lock, which ends with the process); every write is one transaction, and a strict one is on the disk when `write` resolves, with all before it.
 * Nobody but the user can read the file. Calls block the thread for as long as the disk takes.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { LocalStore, StoreChange, StoreRange, WriteOptions } from '../store/local-store.ts'
import { StoreError } from '../store/store-error.ts'

export type SqliteStoreOptions = {
  /** Of the file; its folder is created, for the user alone, if it is missing. */
  readonly path: string
  /** Bound of the file's size; beyond it writes fail with `full`. None, if left out. */
  readonly maxBytes?: number
}

type StoredRecord = { readonly key: Uint8Array; readonly value: Uint8Array }

const VERSION = 1

/** @throws {StoreError} `in_use`, `unreadable`, `newer_version`, `full`, `io` */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<LocalStore> {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 })
    // SQLite would create it with the rights of the umask; its journal inherits those of the file.
    closeSync(openSync(options.path, 'a', 0o600))
    database = new DatabaseSync(options.path, { timeout: 0 })
    prepare(database, options.maxBytes)
    return new SqliteStore(database)
  } catch (error) {
    if (database?.isOpen) database.close()
    throw toStoreError(error)
  }
}

function prepare(database: DatabaseSync, maxBytes: number | undefined): void {
  database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  database.exec('PRAGMA secure_delete = ON')
  database.exec('BEGIN IMMEDIATE')
  const version = database.prepare('PRAGMA user_version').get()?.['user_version']
  if (Number(version) > VERSION) throw new StoreError('newer_version')
  database.exec(`
    CREATE TABLE IF NOT EXISTS records (key BLOB PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
    PRAGMA user_version = ${VERSION};
    COMMIT`)
  if (maxBytes === undefined) return
  const pageSize = Number(database.prepare('PRAGMA page_size').get()?.['page_size'])
  database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageSize))}`)
}

class SqliteStore implements LocalStore {
  readonly #database: DatabaseSync
  readonly #get: StatementSync
  readonly #list: StatementSync
  readonly #listReverse: StatementSync
  readonly #put: StatementSync
  readonly #delete: StatementSync
  #durability: 'strict' | 'relaxed' = 'strict'

  constructor(database: DatabaseSync) {
    this.#database = database
    const list = 'SELECT key, value FROM records WHERE key >= ? AND key < ? ORDER BY key'
    this.#get = database.prepare('SELECT key, value FROM records WHERE key = ?')
    this.#list = database.prepare(`${list} LIMIT ?`)
    this.#listReverse = database.prepare(`${list} DESC LIMIT ?`)
    this.#put = database.prepare('INSERT OR REPLACE INTO records (key, value) VALUES (?, ?)')
    this.#delete = database.prepare('DELETE FROM records WHERE key = ?')
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#try(() => {
      const row = this.#get.get(key)
      return row === undefined ? undefined : recordOf(row).value
    })
  }

  async list(range: StoreRange): Promise<readonly StoredRecord[]> {
    const statement = range.reverse ? this.#listReverse : this.#list
    return this.#try(() => statement.all(range.from, range.to, Math.max(0, range.limit)).map(recordOf))
  }

  async write(changes: readonly StoreChange[], { durability = 'strict' }: WriteOptions = {}): Promise<void> {
    this.#try(() => {
      if (durability !== this.#durability) this.#setDurability(durability)
      this.#database.exec('BEGIN IMMEDIATE')
      try {
        for (const change of changes) {
          if (change.kind === 'put') this.#put.run(change.key, change.value)
          else this.#delete.run(change.key)
        }
        this.#database.exec('COMMIT')
      } finally {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      }
    })
  }

  async erase(): Promise<void> {
    this.#try(() => this.#database.exec('DELETE FROM records; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#database.isOpen) this.#database.close()
  }

  /** With this journal, NORMAL leaves a commit to the next fsync, and keeps the order of commits. */
  #setDurability(durability: 'strict' | 'relaxed'): void {
    this.#database.exec(`PRAGMA synchronous = ${durability === 'strict' ? 'FULL' : 'NORMAL'}`)
    this.#durability = durability
  }

  #try<T>(fn: () => T): T {
    if (!this.#database.isOpen) throw new StoreError('closed')
    try {
      return fn()
    } catch (error) {
      throw toStoreError(error)
    }
  }
}

function recordOf(row: Record<string, unknown>): StoredRecord {
  const { key, value } = row
  if (key instanceof Uint8Array && value instanceof Uint8Array) return { key, value }
  throw new StoreError('unreadable')
}

/** Primary result codes, https://sqlite.org/rescode.html */
const SQLITE_CODES = new Map<number, StoreError['code']>([
  [5, 'in_use'], // BUSY
  [6, 'in_use'], // LOCKED
  [11, 'unreadable'], // CORRUPT
  [13, 'full'], // FULL
  [26, 'unreadable'], // NOTADB
])

function toStoreError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StoreError || !('code' in error)) return error
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') return new StoreError('full', { cause: error })
  const isSqlite = error.code === 'ERR_SQLITE_ERROR' && 'errcode' in error
  if (isSqlite) return new StoreError(SQLITE_CODES.get(Number(error.errcode) & 0xff) ?? 'io', { cause: error })
  return 'syscall' in error ? new StoreError('io', { cause: error }) : error
}
