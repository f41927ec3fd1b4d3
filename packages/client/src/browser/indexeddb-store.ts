/**
 * The local store of browsers: one object store of IndexedDB with binary keys. Invariants: at most one `IndexedDbStore`
 * has a database, in all tabs (Web Locks); every write is one strict transaction, so that it is on the disk when `write`
 * resolves.
 */
import { type Millis, seconds } from '@starling/protocol'
import type { Clock } from '@starling/runtime'
import { type IDBPDatabase, openDB } from 'idb'
import type { LocalStore, StoreChange, StoreRange, WriteOptions } from '../store/local-store.ts'
import { StoreError } from '../store/store-error.ts'
import { toStoreError } from './indexeddb-error.ts'
import { takeTabLock } from './tab-lock.ts'

export type IndexedDbStoreOptions = {
  /** Of the database and of its lock. */
  readonly name: string
  readonly clock: Clock
  /** How long to wait for another tab to close it; 2 s. */
  readonly patience?: Millis
}

type StoredRecord = { readonly key: Uint8Array; readonly value: Uint8Array }

const VERSION = 1
const RECORDS = 'records'
const STRICT = { durability: 'strict' } as const

/** @throws {StoreError} `in_use`, `newer_version`, `io` */
export async function openIndexedDbStore(options: IndexedDbStoreOptions): Promise<LocalStore> {
  const { name, clock, patience = seconds(2) } = options
  const unlock = await takeTabLock(name, { clock, patience })
  try {
    return new IndexedDbStore(await openDatabase(name), unlock)
  } catch (error) {
    unlock()
    throw toStoreError(error)
  }
}

function openDatabase(name: string): Promise<IDBPDatabase> {
  return new Promise((resolve, reject) => {
    openDB(name, VERSION, {
      upgrade: (database) => {
        database.createObjectStore(RECORDS)
      },
      // Only where there are no locks: a tab with an older version has it open.
      blocked: () => reject(new StoreError('in_use')),
      // Another version or a deletion waits for us: give way. Whatever we are asked then fails with `closed`.
      blocking: (_current, _blocked, event) => {
        const database = event.target
        if (database instanceof IDBDatabase) database.close()
      },
    }).then(resolve, reject)
  })
}

class IndexedDbStore implements LocalStore {
  readonly #database: IDBPDatabase
  readonly #unlock: () => void

  constructor(database: IDBPDatabase, unlock: () => void) {
    this.#database = database
    this.#unlock = unlock
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const value: unknown = await this.#try(() => this.#database.get(RECORDS, bufferOf(key)))
    return value === undefined ? undefined : bytesOf(value)
  }

  async list(range: StoreRange): Promise<readonly StoredRecord[]> {
    return this.#try(async () => {
      const { store } = this.#database.transaction(RECORDS)
      // A limit of 0 means none to IndexedDB, and a range that ends before it begins is an error to it.
      if (range.limit < 1 || indexedDB.cmp(bufferOf(range.from), bufferOf(range.to)) >= 0) return []
      const keys = IDBKeyRange.bound(bufferOf(range.from), bufferOf(range.to), false, true)
      const records: StoredRecord[] = []
      if (range.reverse) {
        let cursor = await store.openCursor(keys, 'prev')
        while (cursor !== null) {
          records.push({ key: bytesOf(cursor.key), value: bytesOf(cursor.value) })
          cursor = records.length < range.limit ? await cursor.continue() : null
        }
        return records
      }
      const [found, values] = await Promise.all([store.getAllKeys(keys, range.limit), store.getAll(keys, range.limit)])
      return found.map((key, i) => ({ key: bytesOf(key), value: bytesOf(values[i]) }))
    })
  }

  async write(changes: readonly StoreChange[], options: WriteOptions = STRICT): Promise<void> {
    // Copied first: what cannot be copied fails before anything is written.
    const copies = changes.map((change) =>
      change.kind === 'put'
        ? { key: bufferOf(change.key), value: change.value.slice() }
        : { key: bufferOf(change.key), value: undefined },
    )
    await this.#try(async () => {
      const transaction = this.#database.transaction(RECORDS, 'readwrite', { ...STRICT, ...options })
      const requests = copies.map(({ key, value }) =>
        value === undefined ? transaction.store.delete(key) : transaction.store.put(value, key),
      )
      // The transaction knows why it failed; its requests only know that it did.
      const [done] = await Promise.allSettled([transaction.done, ...requests])
      if (done.status === 'rejected') throw done.reason
    })
  }

  async erase(): Promise<void> {
    await this.#try(async () => {
      const transaction = this.#database.transaction(RECORDS, 'readwrite', STRICT)
      await Promise.all([transaction.store.clear(), transaction.done])
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#database.close()
    this.#unlock()
  }

  async #try<T>(fn: () => Promise<T>): Promise<T> {
    try {
      return await fn()
    } catch (error) {
      throw toStoreError(error)
    }
  }
}

/** A copy: a view would take all of the memory that it is a view of into the database. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

/** IndexedDB gives keys back as buffers, values as they were put. */
function bytesOf(stored: unknown): Uint8Array {
  if (stored instanceof Uint8Array) return stored
  if (stored instanceof ArrayBuffer) return new Uint8Array(stored)
  throw new StoreError('unreadable')
}
