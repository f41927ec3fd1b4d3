/**
 * The local store behind its lock: open, or locked with a passphrase. Invariants: the store key is made once and never
 * changes, the vault keeps it bare or sealed with the passphrase; a wrong passphrase is counted on the disk before it is
 * tried, so that ending the program saves nobody the wait; while it is locked no key is in memory.
 */
import {
  type Crypto,
  type Millis,
  millis,
  minutes,
  PASSPHRASE_COST,
  type PassphraseCost,
  type RandomBytes,
  seconds,
  type UnixMillis,
  unixMillis,
  wipe,
} from '@starling/protocol'
import type { Clock } from '@starling/runtime'
import { SerialQueue } from '../serial-queue.ts'
import { type KeyVault, parseStoreKey, STORE_KEY_SIZE, type StoreKey } from './key-vault.ts'
import { LentStore } from './lent-store.ts'
import type { LocalStore } from './local-store.ts'
import { PassphraseError } from './passphrase-error.ts'
import {
  assertPassphrase,
  decodeSealedKey,
  encodeSealedKey,
  openStoreKey,
  type SealedKey,
  sealStoreKey,
} from './sealed-key.ts'
import { SealedStore } from './sealed-store.ts'

export type StoreLockOptions = {
  /** Belongs to the lock from then on, which closes it. */
  readonly store: LocalStore
  readonly vault: KeyVault
  readonly crypto: Crypto
  readonly random: RandomBytes
  readonly clock: Clock
  /** Of new passphrases; `PASSPHRASE_COST`, unless told. */
  readonly passphraseCost?: PassphraseCost
}

/** Typing errors are free. */
const FREE_ATTEMPTS = 3
/** After the first attempt that is not; it doubles with every further one. */
const FIRST_WAIT = seconds(5)
const LONGEST_WAIT = minutes(15)

export class StoreLock implements AsyncDisposable {
  readonly #options: StoreLockOptions
  readonly #queue = new SerialQueue()
  /** `undefined`: there is no passphrase. */
  #sealed: SealedKey | undefined

  private constructor(options: StoreLockOptions, sealed: SealedKey | undefined) {
    this.#options = options
    this.#sealed = sealed
  }

  /** Takes over `store`, also when it fails. @throws {StoreError} */
  static async open(options: StoreLockOptions): Promise<StoreLock> {
    try {
      const content = await options.vault.open()
      const isBare = content.length === STORE_KEY_SIZE
      if (isBare) wipe(content)
      return new StoreLock(options, isBare ? undefined : decodeSealedKey(content))
    } catch (error) {
      await options.store[Symbol.asyncDispose]()
      throw error
    }
  }

  get hasPassphrase(): boolean {
    return this.#sealed !== undefined
  }

  /** When the next attempt is heard; `undefined`: now. */
  get retryAt(): UnixMillis | undefined {
    if (this.#sealed === undefined) return undefined
    const { wrongAttempts, lastAttempt } = this.#sealed
    const wait = waitAfter(wrongAttempts)
    const now = this.#options.clock.now()
    // A clock that was set back must not lengthen the wait.
    const at = unixMillis(Math.min(lastAttempt, now) + wait)
    return wait > 0 && at > now ? at : undefined
  }

  /** The store, if there is no passphrase. @throws {StoreError} @throws {PassphraseError} `empty`, if there is one. */
  enter(): Promise<SealedStore> {
    return this.#queue.run(async () => {
      if (this.#sealed !== undefined) throw new PassphraseError('empty')
      return this.#openStore(await this.#bareKey())
    })
  }

  /** The store. @throws {PassphraseError} `wrong`, `too_soon`, `empty`, `too_long`, `none` @throws {StoreError} */
  unlock(passphrase: string, signal?: AbortSignal): Promise<SealedStore> {
    return this.#queue.run(async () => {
      const key = await this.#tryPassphrase(passphrase)
      if (signal?.aborted) wipe(key)
      signal?.throwIfAborted()
      return this.#openStore(key)
    }, signal)
  }

  /**
   * Sets, changes or removes (`next` is `undefined`) the passphrase; `old` is the one that there is now, if there is one.
   *
   * @throws {PassphraseError} as `unlock` does @throws {StoreError} nothing changed
   */
  setPassphrase(old: string | undefined, next: string | undefined, signal?: AbortSignal): Promise<void> {
    return this.#queue.run(async () => {
      const { vault, crypto, random, passphraseCost: cost = PASSPHRASE_COST } = this.#options
      if (this.#sealed !== undefined && old === undefined) throw new PassphraseError('empty')
      const key = old === undefined ? await this.#bareKey() : await this.#tryPassphrase(old)
      try {
        const sealed = next === undefined ? undefined : await sealStoreKey(key, next, { crypto, random, cost })
        signal?.throwIfAborted()
        await vault.replace(sealed === undefined ? key : encodeSealedKey(sealed))
        this.#sealed = sealed
      } finally {
        wipe(key)
      }
    }, signal)
  }

  /** Deletes everything, and makes an empty store with another key and without a passphrase. */
  erase(): Promise<SealedStore> {
    return this.#queue.run(async () => {
      const { store, vault } = this.#options
      await store.erase()
      await vault.erase()
      this.#sealed = undefined
      return this.#openStore(await this.#bareKey())
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.store[Symbol.asyncDispose]()
  }

  async #bareKey(): Promise<StoreKey> {
    return parseStoreKey(await this.#options.vault.open())
  }

  /** Wipes `key`. */
  #openStore(key: StoreKey): Promise<SealedStore> {
    const { store, crypto, random } = this.#options
    return SealedStore.open({ store: new LentStore(store), key, crypto, random })
  }

  async #tryPassphrase(passphrase: string): Promise<StoreKey> {
    const { vault, crypto, clock } = this.#options
    assertPassphrase(passphrase)
    if (this.#sealed === undefined) throw new PassphraseError('none')
    if (this.retryAt !== undefined) await this.#refuse(this.retryAt)
    const before = this.#sealed
    const counted = { ...before, wrongAttempts: Math.min(before.wrongAttempts + 1, 1000), lastAttempt: clock.now() }
    await vault.replace(encodeSealedKey(counted))
    this.#sealed = counted
    const key = await openStoreKey(before, passphrase, crypto)
    if (key === undefined) throw new PassphraseError('wrong', this.retryAt)
    const forgiven = { ...before, wrongAttempts: 0 }
    await vault.replace(encodeSealedKey(forgiven))
    this.#sealed = forgiven
    return key
  }

  /** Where the clock was set back, the wait begins anew, once. */
  async #refuse(retryAt: UnixMillis): Promise<never> {
    const now = this.#options.clock.now()
    if (this.#sealed !== undefined && this.#sealed.lastAttempt > now) {
      this.#sealed = { ...this.#sealed, lastAttempt: now }
      await this.#options.vault.replace(encodeSealedKey(this.#sealed))
    }
    throw new PassphraseError('too_soon', retryAt)
  }
}

function waitAfter(wrongAttempts: number): Millis {
  if (wrongAttempts < FREE_ATTEMPTS) return millis(0)
  return millis(Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (wrongAttempts - FREE_ATTEMPTS)))
}
