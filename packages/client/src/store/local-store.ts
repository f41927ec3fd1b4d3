/**
 * The port of the local store: an ordered map of byte strings, durable and atomic. It sees neither keys' meaning nor
 * plaintext: `store/sealed-store.ts` blinds what it is given. Adapters: memory (tests), `browser/indexeddb-store.ts`,
 * `node/sqlite-store.ts`; all run `local-store.suite.ts`.
 */
export type StoreChange =
  | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: Uint8Array }

export type StoreRange = {
  /** Inclusive. */
  readonly from: Uint8Array
  /** Exclusive. */
  readonly to: Uint8Array
  readonly limit: number
  /** From the end. */
  readonly reverse?: boolean
}

/**
 * `strict`: on the disk when `write` resolves. `relaxed`: may be missing after a loss of power, and then so is all that was
 * written later; for what comes again, such as what the swarm has. A crash of the program takes neither.
 */
export type WriteOptions = { readonly durability?: 'strict' | 'relaxed' }

export interface LocalStore extends AsyncDisposable {
  get(key: Uint8Array): Promise<Uint8Array | undefined>
  /** In the order of the keys' bytes, or against it. */
  list(range: StoreRange): Promise<readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]>
  /** All or nothing; `strict` unless told. @throws {StoreError} */
  write(changes: readonly StoreChange[], options?: WriteOptions): Promise<void>
  /** Deletes everything, for good. */
  erase(): Promise<void>
}
