import type { RandomBytes } from '@starling/protocol'
import { type KeyVault, parseStoreKey, type StoreKey } from './key-vault.ts'

/** A vault for tests and simulations. */
export class MemoryVault implements KeyVault {
  readonly #random: RandomBytes
  #key: Uint8Array | undefined

  constructor(random: RandomBytes) {
    this.#random = random
  }

  async open(): Promise<StoreKey> {
    this.#key ??= this.#random(32)
    return parseStoreKey(this.#key.slice())
  }

  async erase(): Promise<void> {
    this.#key = undefined
  }
}
