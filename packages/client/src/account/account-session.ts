/**
 * The account of this device while it is unlocked: made, restored, taken in from an archive, changed. Invariants: nothing is
 * shown as done before it is on the disk; changes of the account's record happen one after the other.
 */
import {
  type AccountSeed,
  createAccountSeed,
  type DisplayName,
  encodeRecoveryPhrase,
  equalBytes,
  type ProfilePicture,
  seconds,
  wipe,
} from '@starling/protocol'
import { MutableObservable, type TaskGroup, TimeoutError, withTimeout } from '@starling/runtime'
import type { ConversationList, EventLog, SessionState, Settings } from '../api.ts'
import { ArchiveError } from '../archive/archive-error.ts'
import { ClientStateError } from '../client-error.ts'
import type { ClientOptions } from '../client-options.ts'
import type { Network } from '../network.ts'
import { SerialQueue } from '../serial-queue.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import { until } from '../until.ts'
import { type AccountRecord, getAccount, putAccount } from './account-record.ts'
import type { OwnProfile } from './config-changes.ts'
import { Messenger } from './messenger.ts'

/** docs/protocol/identity.md §5. */
const RESTORE_TIMEOUT = seconds(15)
const NOTHING = { name: false, lanes: 0 }

export type AccountSessionOptions = {
  readonly ports: Omit<ClientOptions, 'store'>
  /** Erasing the device gives another one. */
  readonly store: () => SealedStore
  readonly net: Network
  readonly tasks: TaskGroup
  /** What is published: it outlives the account. */
  readonly session: MutableObservable<SessionState>
  readonly conversations: MutableObservable<ConversationList>
  readonly events: MutableObservable<EventLog>
  readonly settings: () => Settings
  /** One after the other with whatever else changes the account. */
  readonly inTurn: (fn: () => Promise<void>) => Promise<void>
}

export class AccountSession implements AsyncDisposable {
  readonly #options: AccountSessionOptions
  readonly #saves = new SerialQueue()
  /** What the inbox found since the account was opened. */
  readonly #found = new MutableObservable(NOTHING)
  #account: AccountRecord | undefined
  #messenger: Messenger | undefined

  constructor(options: AccountSessionOptions) {
    this.#options = options
  }

  get exists(): boolean {
    return this.#messenger !== undefined
  }

  /** @throws {ClientStateError} `no_account` */
  messenger(): Messenger {
    if (this.#messenger === undefined) throw new ClientStateError('no_account')
    return this.#messenger
  }

  /** What the store has. */
  async load(): Promise<void> {
    const { store, session, tasks, inTurn } = this.#options
    const account = await getAccount(store())
    if (account === undefined) {
      session.set({ kind: 'noAccount' })
      return
    }
    await this.#open(account)
    if (account.displayName === undefined) {
      // The restore was cut short: go on where it was, without letting anybody wait for it.
      tasks.run('restore', (signal) => inTurn(() => this.#restore(signal)))
      return
    }
    await this.#messenger?.start()
    this.#show()
  }

  async create(displayName: DisplayName): Promise<void> {
    this.#assertNone()
    const seed = createAccountSeed(this.#options.ports.random)
    await this.#begin({ seed, displayName, nameUpdated: this.#seconds(), phraseConfirmed: false })
    await this.#messenger?.configs.create(displayName)
    await this.#messenger?.start()
    this.#show()
  }

  /** Ends early, with its reason, when `signal` aborts: what was found by then stays. */
  async restore(seed: AccountSeed, signal: AbortSignal): Promise<void> {
    this.#assertNone()
    await this.#begin({ seed, displayName: undefined, nameUpdated: 0, phraseConfirmed: true })
    await this.#restore(signal)
    if (!this.#options.tasks.signal.aborted) signal.throwIfAborted()
  }

  /** The account of an archive, with what is written with it. @throws {ArchiveError} `other_account` */
  async take(account: AccountRecord, begin: readonly SealedChange[]): Promise<void> {
    if (this.#account === undefined) {
      await this.#begin(account, begin)
      return
    }
    const isOwn = equalBytes(this.#account.seed, account.seed)
    wipe(account.seed)
    if (!isOwn) throw new ArchiveError('other_account')
  }

  /** An account that was taken goes to work. */
  async startTaken(): Promise<void> {
    if (this.#messenger === undefined) return
    await this.#messenger.start()
    this.#show()
    if (this.#options.session.snapshot.kind === 'noAccount') this.#options.session.set({ kind: 'needsName' })
  }

  async rename(displayName: DisplayName): Promise<void> {
    const { configs } = this.messenger()
    await this.#change({ displayName, nameUpdated: this.#seconds() }, (own) => configs.rename(displayName, own))
    this.#show()
  }

  async setPicture(picture: ProfilePicture | undefined): Promise<void> {
    const messenger = this.messenger()
    await this.#change({ picture, nameUpdated: this.#seconds() }, (own) => messenger.setPicture(picture, own))
    this.#show()
  }

  revealPhrase(): string {
    return encodeRecoveryPhrase(this.#record().seed)
  }

  /** True and remembered, if two words at least are right, and none is wrong. */
  async confirmPhrase(words: readonly { index: number; word: string }[]): Promise<boolean> {
    const phrase = this.revealPhrase().split(' ')
    const isRight = words.every(({ index, word }) => phrase[index] === word.trim().toLowerCase())
    if (!isRight || new Set(words.map(({ index }) => index)).size < 2) return false
    await this.#change({ phraseConfirmed: true })
    if (this.#options.session.snapshot.kind === 'ready') this.#show()
    return true
  }

  /** Ends its work and wipes its seed; what is stored stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#messenger?.[Symbol.asyncDispose]()
    this.#messenger = undefined
    if (this.#account !== undefined) wipe(this.#account.seed)
    this.#account = undefined
  }

  /** A new account on this device: on the disk, with `others` in the same write, and its services made. */
  async #begin(account: AccountRecord, others: readonly SealedChange[] = []): Promise<void> {
    await this.#options.store().write([...others, putAccount(account)])
    await this.#open(account)
  }

  async #open(account: AccountRecord): Promise<void> {
    const { ports, store, net, conversations, events, settings, session } = this.#options
    this.#account = account
    this.#found.set(NOTHING)
    const { logger, clock, random, crypto, network, decompress } = ports
    this.#messenger = new Messenger({
      account,
      network,
      clock,
      random,
      crypto,
      logger,
      store: store(),
      net,
      decompress,
      conversations,
      events,
      settings,
      onProfile: (profile) => this.#profileArrived(profile),
      onCaughtUp: () => this.#found.update((found) => ({ ...found, lanes: found.lanes + 1 })),
    })
    this.#messenger.newerMessages.subscribe(() => {
      if (session.snapshot.kind === 'ready') this.#show()
    })
    await this.#messenger.load()
  }

  /** Looks for the profile and the messages, for 15 seconds at most; what comes later is taken as well. */
  async #restore(signal: AbortSignal): Promise<void> {
    const { session, net, ports, tasks } = this.#options
    session.set({ kind: 'restoring', step: 'connecting' })
    await this.#messenger?.start()
    try {
      await withTimeout(ports.clock, RESTORE_TIMEOUT, signal, async (inTime) => {
        await net.paths.connected(inTime)
        session.set({ kind: 'restoring', step: 'profile' })
        await until(this.#found, ({ name, lanes }) => name || lanes >= this.#lanesNeeded, inTime)
        session.set({ kind: 'restoring', step: 'messages' })
        await until(this.#found, ({ lanes }) => lanes > 0, inTime)
      })
    } catch (error) {
      if (tasks.signal.aborted) return
      if (!(error instanceof TimeoutError) && !signal.aborted) throw error
    }
    this.#show()
    if (session.snapshot.kind === 'restoring') session.set({ kind: 'needsName' })
  }

  /** One member may not have the profile: two are asked, where there are two. */
  get #lanesNeeded(): number {
    const account = this.#messenger?.accountId
    return Math.min(2, (account && this.#options.net.requests.swarmOf(account)?.members.length) ?? 2)
  }

  /** Our devices agree on this name and picture. */
  async #profileArrived({ name, picture, updatedSeconds }: OwnProfile): Promise<void> {
    if (name === undefined) return
    await this.#change({ displayName: name, picture, nameUpdated: updatedSeconds })
    this.#found.update((found) => ({ ...found, name: true }))
    const { kind } = this.#options.session.snapshot
    if (kind === 'ready' || kind === 'needsName') this.#show()
  }

  /** `write`: what else belongs to it, in the same write, so that no crash parts what own devices learn from what this one knows. */
  #change(
    change: Partial<AccountRecord>,
    write = (own: readonly SealedChange[]): Promise<void> => this.#options.store().write(own),
  ): Promise<void> {
    return this.#saves.run(async () => {
      const account = { ...this.#record(), ...change }
      await write([putAccount(account)])
      this.#account = account
      this.#messenger?.setAccount(account)
    })
  }

  #show(): void {
    const { displayName, phraseConfirmed, picture } = this.#record()
    if (displayName === undefined || this.#messenger === undefined) return
    const { accountId, newerMessages: newer } = this.#messenger
    const newerMessages = newer.snapshot
    this.#options.session.set({
      kind: 'ready',
      account: {
        accountId,
        displayName,
        phraseConfirmed,
        ...(picture && { picture }),
        ...(newerMessages > 0 && { newerMessages }),
      },
    })
  }

  #seconds(): number {
    return Math.floor(this.#options.net.time.now() / 1000)
  }

  #assertNone(): void {
    if (this.#messenger !== undefined) throw new ClientStateError('has_account')
  }

  /** @throws {ClientStateError} `no_account` */
  #record(): AccountRecord {
    if (this.#account === undefined) throw new ClientStateError('no_account')
    return this.#account
  }
}
