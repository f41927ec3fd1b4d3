/**
 * The port of the place where what opens the local store lives: the store key, or the store key sealed with a passphrase
 * (`store-lock.ts`). Adapters: memory (tests), `browser/browser-vault.ts`, `node/file-vault.ts`; all run `key-vault.suite.ts`.
 */
import type { Brand } from '@starling/protocol'
import { StoreError } from './store-error.ts'

/** 32 random bytes from which the keys of the local store are derived. */
export type StoreKey = Brand<Uint8Array, 'StoreKey'>

export const STORE_KEY_SIZE = 32

/** @throws {StoreError} `unreadable`, unless there are 32 bytes. */
export function parseStoreKey(bytes: Uint8Array): StoreKey {
  if (bytes.length !== STORE_KEY_SIZE) throw new StoreError('unreadable')
  return bytes as StoreKey
}

export interface KeyVault {
  /**
   * What is kept: 32 random bytes, made on first use, until they are replaced or erased. The bytes belong to the caller, to
   * wipe them.
   *
   * @throws {StoreError} `unreadable`, `insecure`, `io`, `full`
   */
  open(): Promise<Uint8Array>
  /** Keeps `content`, up to 1 kB, instead. After a crash there is the one or the other, whole. @throws {StoreError} */
  replace(content: Uint8Array): Promise<void>
  /** Forgets what is kept: what the key sealed can never be opened again. */
  erase(): Promise<void>
}
