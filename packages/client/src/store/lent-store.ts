import type { LocalStore, StoreChange, StoreRange, WriteOptions } from './local-store.ts'
import { StoreError } from './store-error.ts'

/** A local store for a while: closing it leaves the store open, and refuses whatever still comes. */
export class LentStore implements LocalStore {
  readonly #store: LocalStore
  #isClosed = false

  constructor(store: LocalStore) {
    this.#store = store
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#open().get(key)
  }

  async list(range: StoreRange): Promise<readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]> {
    return this.#open().list(range)
  }

  async write(changes: readonly StoreChange[], options?: WriteOptions): Promise<void> {
    await this.#open().write(changes, options)
  }

  async erase(): Promise<void> {
    await this.#open().erase()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
  }

  #open(): LocalStore {
    if (this.#isClosed) throw new StoreError('closed')
    return this.#store
  }
}
