/**
 * The vault of browsers: its content, wrapped by AES-256-GCM with a key that the browser does not give out (not even to
 * us), beside which it lies in IndexedDB. A copy of the database files without the browser's own protection of that key
 * is all that an attacker with the user's rights needs: see SECURITY.md.
 */
import type { RandomBytes } from '@starling/protocol'
import { type IDBPDatabase, openDB } from 'idb'
import { type KeyVault, STORE_KEY_SIZE } from '../store/key-vault.ts'
import { StoreError } from '../store/store-error.ts'
import { toStoreError } from './indexeddb-error.ts'

export type BrowserVaultOptions = {
  /** Of the database; not that of the store. */
  readonly name: string
  readonly random: RandomBytes
}

type Wrapped = { readonly wrappingKey: CryptoKey; readonly nonce: Uint8Array; readonly sealed: Uint8Array }

const VERSION = 1
const KEYS = 'keys'
const STORE_KEY = 'store'
const STRICT: IDBTransactionOptions = { durability: 'strict' }

export function createBrowserVault({ name, random }: BrowserVaultOptions): KeyVault {
  return {
    open: () =>
      withDatabase(name, async (database) => {
        const found: unknown = await database.get(KEYS, STORE_KEY)
        return unwrap(found ?? (await keepFirst(database, await wrap(random(STORE_KEY_SIZE), random))))
      }),
    replace: (content) =>
      withDatabase(name, async (database) => {
        const wrapped = await wrap(content, random)
        const transaction = database.transaction(KEYS, 'readwrite', STRICT)
        await Promise.all([transaction.store.put(wrapped, STORE_KEY), transaction.done])
      }),
    erase: () =>
      withDatabase(name, async (database) => {
        const transaction = database.transaction(KEYS, 'readwrite', STRICT)
        await Promise.all([transaction.store.clear(), transaction.done])
      }),
  }
}

async function wrap(content: Uint8Array, random: RandomBytes): Promise<Wrapped> {
  const algorithm = { name: 'AES-GCM', length: 256 }
  const wrappingKey = await crypto.subtle.generateKey(algorithm, false, ['encrypt', 'decrypt'])
  // This key seals one thing, once: the nonce cannot repeat.
  const nonce = bufferSource(random(12))
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, wrappingKey, bufferSource(content))
  return { wrappingKey, nonce, sealed: new Uint8Array(sealed) }
}

/** Keeps `made`, unless another tab was quicker; then that one counts. */
async function keepFirst(database: IDBPDatabase, made: Wrapped): Promise<unknown> {
  const transaction = database.transaction(KEYS, 'readwrite', STRICT)
  const earlier: unknown = await transaction.store.get(STORE_KEY)
  if (earlier === undefined) await transaction.store.put(made, STORE_KEY)
  await transaction.done
  return earlier ?? made
}

async function unwrap(stored: unknown): Promise<Uint8Array> {
  if (!isWrapped(stored)) throw new StoreError('unreadable')
  const algorithm = { name: 'AES-GCM', iv: bufferSource(stored.nonce) }
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, stored.wrappingKey, bufferSource(stored.sealed)))
  } catch (error) {
    throw new StoreError('unreadable', { cause: error })
  }
}

function isWrapped(stored: unknown): stored is Wrapped {
  if (typeof stored !== 'object' || stored === null) return false
  const { wrappingKey, nonce, sealed } = stored as Partial<Record<keyof Wrapped, unknown>>
  return wrappingKey instanceof CryptoKey && nonce instanceof Uint8Array && sealed instanceof Uint8Array
}

async function withDatabase<T>(name: string, fn: (database: IDBPDatabase) => Promise<T>): Promise<T> {
  try {
    const database = await openDB(name, VERSION, {
      upgrade: (created) => {
        created.createObjectStore(KEYS)
      },
    })
    try {
      return await fn(database)
    } finally {
      database.close()
    }
  } catch (error) {
    throw toStoreError(error)
  }
}

/** WebCrypto's types want memory that is not shared. */
function bufferSource(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
