/**
 * Encryption at rest above the port of the local store. A key on the disk is table ‖ blinded partition ‖ sort key: whoever
 * has the disk sees how many records there are, their sizes in steps of 64 bytes, which ones belong together, and sort
 * keys, which therefore hold times and numbers only. Nobody without the store key can read, forge or move a record; putting back
 * an old disk as a whole is not noticed. Invariants: a store that has records has the check record, sealed with its key; it
 * says the version of all of them.
 */
import {
  type Crypto,
  concatBytes,
  fromUtf8,
  labels,
  MessengerError,
  type RandomBytes,
  utf8,
  wipe,
} from '@starling/protocol'
import type { StoreKey } from './key-vault.ts'
import type { LocalStore, StoreChange, WriteOptions } from './local-store.ts'
import { MIGRATIONS, type Migration } from './migrations.ts'
import { openRecord, sealRecord } from './record-seal.ts'
import { StoreError } from './store-error.ts'

/** Names a record. */
export type RecordName = {
  /** 0 … 254. A number is never used for something else later. */
  readonly table: number
  /** What belongs together: say, a conversation's ID. May be empty. Blinded on the disk. */
  readonly partition: string
  /** Up to 32 bytes, ordered as bytes. In clear on the disk: nothing that says who talks with whom. */
  readonly sort: Uint8Array
}

export type SealedChange =
  | { readonly kind: 'put'; readonly name: RecordName; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly name: RecordName }

/** Records of one partition. */
export type SealedRange = {
  readonly table: number
  readonly partition: string
  /** Inclusive; from the first, if left out. */
  readonly from?: Uint8Array
  /** Exclusive; to the last, if left out. */
  readonly to?: Uint8Array
  readonly limit: number
  /** From the end. */
  readonly reverse?: boolean
}

export type SealedStoreOptions = {
  readonly store: LocalStore
  /** Wiped once the store's own keys are derived from it. */
  readonly key: StoreKey
  readonly crypto: Crypto
  readonly random: RandomBytes
  /** From version 1 on, in order; those of this program, unless told. */
  readonly migrations?: readonly Migration[]
}

/** A table over 254 or a sort key over 32 bytes. */
export class RecordNameError extends MessengerError {
  override readonly name = 'RecordNameError'
  readonly fault = 'caller'
  readonly code = 'record_name'
}

const PARTITION_SIZE = 16
const MAX_SORT_SIZE = 32
const LAST_TABLE = 254
const CHECK_KEY = Uint8Array.of(255)
const CHECK_TEXT = 'starling local store, version '
const EVERYTHING = { from: new Uint8Array(), to: Uint8Array.of(255, 255), limit: 1 }

export class SealedStore implements AsyncDisposable {
  readonly #store: LocalStore
  readonly #crypto: Crypto
  readonly #random: RandomBytes
  readonly #partitionKey: Uint8Array
  readonly #recordKey: Uint8Array
  readonly #migrations: readonly Migration[]

  private constructor({ store, key, crypto, random, migrations = MIGRATIONS }: SealedStoreOptions) {
    this.#migrations = migrations
    this.#store = store
    this.#crypto = crypto
    this.#random = random
    this.#partitionKey = crypto.blake2b(32, utf8(labels.storePartition), key)
    this.#recordKey = crypto.blake2b(32, utf8(labels.storeRecord), key)
    wipe(key)
  }

  /**
   * Opens `store`, which from then on belongs to the result and is closed with it, or at once when this fails. Records of an
   * earlier version are migrated first; what a crash interrupts goes on with the next opening.
   *
   * @throws {StoreError} `unreadable`, if its records were sealed with another key; `newer_version`
   */
  static async open(options: SealedStoreOptions): Promise<SealedStore> {
    const sealed = new SealedStore(options)
    try {
      await sealed.#check()
      return sealed
    } catch (error) {
      await sealed[Symbol.asyncDispose]()
      throw error
    }
  }

  /** @throws {StoreError} `unreadable`, if the record was tampered with. */
  async get(name: RecordName): Promise<Uint8Array | undefined> {
    const key = this.#keyOf(name)
    const sealed = await this.#store.get(key)
    return sealed === undefined ? undefined : this.#open(key, sealed)
  }

  /** In the order of the sort keys, or against it. @throws {StoreError} `unreadable`, if one was tampered with. */
  async list(range: SealedRange): Promise<readonly { readonly sort: Uint8Array; readonly value: Uint8Array }[]> {
    const prefix = this.#prefixOf(range)
    const found = await this.#store.list({
      from: concatBytes(prefix, range.from ?? new Uint8Array()),
      to: range.to === undefined ? following(prefix) : concatBytes(prefix, range.to),
      limit: range.limit,
      reverse: range.reverse ?? false,
    })
    return found.map(({ key, value }) => ({ sort: key.slice(prefix.length), value: this.#open(key, value) }))
  }

  /** All or nothing; `strict` unless told. @throws {StoreError} */
  async write(changes: readonly SealedChange[], options?: WriteOptions): Promise<void> {
    const sealed = changes.map((change) => this.#sealChange(change))
    await this.#store.write(sealed, options)
  }

  /** Deletes every record. The store can be used afterwards; whoever wants no trace erases the vault as well. */
  async erase(): Promise<void> {
    await this.#store.erase()
    await this.#writeCheck()
  }

  /** Closes the store below and forgets the keys. */
  async [Symbol.asyncDispose](): Promise<void> {
    wipe(this.#partitionKey, this.#recordKey)
    await this.#store[Symbol.asyncDispose]()
  }

  async #check(): Promise<void> {
    const stored = await this.#store.get(CHECK_KEY)
    if (stored === undefined) {
      if ((await this.#store.list(EVERYTHING)).length > 0) throw new StoreError('unreadable')
      await this.#writeCheck()
      return
    }
    const version = parseCheck(this.#open(CHECK_KEY, stored))
    const newest = this.#migrations.length + 1
    if (version > newest) throw new StoreError('newer_version')
    for (let from = version; from < newest; from++) await this.#migrate(from)
  }

  /** The last write of a migration is the one that says that it is done. */
  async #migrate(from: number): Promise<void> {
    const last = await this.#migrations[from - 1]!(this)
    await this.#store.write([...last.map((change) => this.#sealChange(change)), this.#checkOf(from + 1)])
  }

  #writeCheck(): Promise<void> {
    return this.#store.write([this.#checkOf(this.#migrations.length + 1)])
  }

  #checkOf(version: number): StoreChange {
    return { kind: 'put', key: CHECK_KEY, value: this.#seal(CHECK_KEY, utf8(`${CHECK_TEXT}${version}`)) }
  }

  #sealChange(change: SealedChange): StoreChange {
    const key = this.#keyOf(change.name)
    return change.kind === 'put' ? { kind: 'put', key, value: this.#seal(key, change.value) } : { kind: 'delete', key }
  }

  #keyOf({ table, partition, sort }: RecordName): Uint8Array {
    if (sort.length > MAX_SORT_SIZE) throw new RecordNameError(`sort key of ${sort.length} bytes`)
    return concatBytes(this.#prefixOf({ table, partition }), sort)
  }

  /** The table enters the blinding, so that a partition looks different in each. */
  #prefixOf({ table, partition }: Pick<RecordName, 'table' | 'partition'>): Uint8Array {
    if (!Number.isInteger(table) || table < 0 || table > LAST_TABLE) throw new RecordNameError(`table ${table}`)
    const named = concatBytes(Uint8Array.of(table), utf8(partition))
    return concatBytes(Uint8Array.of(table), this.#crypto.blake2b(PARTITION_SIZE, named, this.#partitionKey))
  }

  #seal(key: Uint8Array, value: Uint8Array): Uint8Array {
    return sealRecord({ crypto: this.#crypto, random: this.#random, recordKey: this.#recordKey, name: key }, value)
  }

  #open(key: Uint8Array, sealed: Uint8Array): Uint8Array {
    return openRecord({ crypto: this.#crypto, recordKey: this.#recordKey, name: key }, sealed)
  }
}

function parseCheck(value: Uint8Array): number {
  const text = fromUtf8(value)
  const version = Number(text.slice(CHECK_TEXT.length))
  if (!text.startsWith(CHECK_TEXT) || !Number.isInteger(version) || version < 1) throw new StoreError('unreadable')
  return version
}

/** The first byte string after all that begin with `prefix`, whose first byte is a table and so below 255. */
function following(prefix: Uint8Array): Uint8Array {
  let end = prefix.length
  while (prefix[end - 1] === 255) end--
  const next = prefix.slice(0, end)
  next[end - 1] = next[end - 1]! + 1
  return next
}
