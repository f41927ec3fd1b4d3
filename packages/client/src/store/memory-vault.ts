import type { RandomBytes } from '@starling/protocol'
import { type KeyVault, STORE_KEY_SIZE } from './key-vault.ts'

/** A vault for tests and simulations. */
export class MemoryVault implements KeyVault {
  readonly #random: RandomBytes
  #content: Uint8Array | undefined

  constructor(random: RandomBytes) {
    this.#random = random
  }

  async open(): Promise<Uint8Array> {
    this.#content ??= this.#random(STORE_KEY_SIZE)
    return this.#content.slice()
  }

  async replace(content: Uint8Array): Promise<void> {
    this.#content = content.slice()
  }

  async erase(): Promise<void> {
    this.#content = undefined
  }
}
