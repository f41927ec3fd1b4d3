/** The port of the place where the store key lives. Adapters: memory (tests), `browser/browser-vault.ts`, `node/file-vault.ts`. */
import type { Brand } from '@starling/protocol'
import { StoreError } from './store-error.ts'

/** 32 random bytes from which the keys of the local store are derived. */
export type StoreKey = Brand<Uint8Array, 'StoreKey'>

const STORE_KEY_SIZE = 32

/** @throws {StoreError} `unreadable`, unless there are 32 bytes. */
export function parseStoreKey(bytes: Uint8Array): StoreKey {
  if (bytes.length !== STORE_KEY_SIZE) throw new StoreError('unreadable')
  return bytes as StoreKey
}

export interface KeyVault {
  /**
   * The key; made on first use, and then the same one until it is erased. The bytes belong to the caller, to wipe them.
   *
   * @throws {StoreError} `unreadable`, `insecure`, `io`, `full`
   */
  open(): Promise<StoreKey>
  /** Forgets the key: what it sealed can never be opened again. */
  erase(): Promise<void>
}
