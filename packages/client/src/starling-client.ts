/**
 * The client that faces use. Invariants: changes of the account happen one after the other; nothing is shown as done before
 * it is on the disk; everything that runs belongs to one task group, or to that of the account; while it is locked, nothing
 * runs, and no key and no text is in memory.
 */
import {
  type AccountSeed,
  createAccountSeed,
  type DisplayName,
  type Expiration,
  encodeRecoveryPhrase,
  equalBytes,
  type NetworkFile,
  PASSPHRASE_COST,
  type ProfilePicture,
  parseDisplayName,
  parseRecoveryPhrase,
  seconds,
  wipe,
} from '@starling/protocol'
import { MutableObservable, type Observable, TaskGroup, TimeoutError, withTimeout } from '@starling/runtime'
import { type AccountRecord, decodeAccount, getAccount, putAccount } from './account/account-record.ts'
import type { OwnProfile } from './account/config-changes.ts'
import { Messenger } from './account/messenger.ts'
import { DEFAULT_SETTINGS, getSettings, putSettings } from './account/settings-record.ts'
import type {
  ArchiveOptions,
  CallOptions,
  Client,
  ConversationChange,
  ConversationId,
  ConversationList,
  DeletionScope,
  EventLog,
  ExportedFile,
  History,
  ImportSummary,
  MessageDraft,
  MessageId,
  NetworkView,
  SearchHit,
  SearchOptions,
  SessionState,
  Settings,
} from './api.ts'
import { ArchiveError } from './archive/archive-error.ts'
import { decodeLines, encodeLines } from './archive/archive-lines.ts'
import { openArchive, sealArchive } from './archive/archive-stream.ts'
import { type ExportOptions, exportLines } from './archive/export-archive.ts'
import { exportFiles } from './archive/export-readable.ts'
import { type ImportTarget, importLines } from './archive/import-archive.ts'
import { ClientStateError } from './client-error.ts'
import type { ClientOptions } from './client-options.ts'
import { ClientFiles } from './files/client-files.ts'
import { Network } from './network.ts'
import { SerialQueue } from './serial-queue.ts'
import { PassphraseError } from './store/passphrase-error.ts'
import type { SealedChange, SealedStore } from './store/sealed-store.ts'
import type { StoreLock } from './store/store-lock.ts'
import { until } from './until.ts'

/** docs/protocol/identity.md §5. */
const RESTORE_TIMEOUT = seconds(15)
/** A message shall have the network's time; but nobody waits for long to see what was typed. */
const MEASURE_PATIENCE = seconds(2)
const NOTHING = { name: false, lanes: 0 }

export type StarlingClientOptions = Omit<ClientOptions, 'store'>

/** What there is between unlocking and locking. */
type Life = {
  store: SealedStore
  readonly tasks: TaskGroup
  readonly net: Network
  readonly stop: () => void
}

export class StarlingClient implements Client {
  readonly files: ClientFiles
  readonly #options: StarlingClientOptions
  readonly #lock: StoreLock
  readonly #session = new MutableObservable<SessionState>({ kind: 'opening' })
  readonly #conversations = new MutableObservable<ConversationList>([])
  readonly #settings = new MutableObservable<Settings>(DEFAULT_SETTINGS)
  readonly #events = new MutableObservable<EventLog>([])
  readonly #queue = new SerialQueue()
  readonly #network: MutableObservable<NetworkView>
  readonly #saves = new SerialQueue()
  /** What the inbox found since the account was opened. */
  readonly #found = new MutableObservable(NOTHING)
  /** `undefined`: locked. */
  #life: Life | undefined
  #account: AccountRecord | undefined
  #messenger: Messenger | undefined

  private constructor(options: StarlingClientOptions, lock: StoreLock) {
    this.#options = options
    this.#lock = lock
    this.#network = new MutableObservable(viewBefore(options.network))
    this.files = new ClientFiles({
      ...options,
      makesPreviews: () => this.#settings.snapshot.linkPreviews,
      attachment: (message, index) => this.#ready().attachment(message, index),
      within: (signal) => this.#within(signal),
    })
  }

  /** Takes over `lock`, also when it fails. @throws {StoreError} */
  static async open(options: StarlingClientOptions, lock: StoreLock): Promise<StarlingClient> {
    const client = new StarlingClient(options, lock)
    try {
      if (lock.hasPassphrase) client.#showLocked()
      else await client.#begin(await lock.enter())
      return client
    } catch (error) {
      await client[Symbol.asyncDispose]()
      throw error
    }
  }

  get session(): Observable<SessionState> {
    return this.#session
  }

  get conversations(): Observable<ConversationList> {
    return this.#conversations
  }

  get settings(): Observable<Settings> {
    return this.#settings
  }

  get events(): Observable<EventLog> {
    return this.#events
  }

  get network(): Observable<NetworkView> {
    return this.#network
  }

  async createAccount({ displayName }: { displayName: string }): Promise<void> {
    const name = parseDisplayName(displayName)
    await this.#queue.run(async () => {
      this.#assertNoAccount()
      const nameUpdated = Math.floor(this.#net.time.now() / 1000)
      const seed = createAccountSeed(this.#options.random)
      await this.#unlock({ seed, displayName: name, nameUpdated, phraseConfirmed: false })
      await this.#messenger?.configs.create(name)
      await this.#messenger?.start()
      this.#showReady()
    })
  }

  async restoreAccount({ phrase, signal }: { phrase: string } & CallOptions): Promise<void> {
    const seed = parseRecoveryPhrase(phrase)
    await this.#queue.run(async () => {
      signal?.throwIfAborted()
      this.#assertNoAccount()
      await this.#unlock({ seed, displayName: undefined, nameUpdated: 0, phraseConfirmed: true })
      await this.#restore()
    })
  }

  async setDisplayName(displayName: string): Promise<void> {
    const name = parseDisplayName(displayName)
    await this.#queue.run(async () => {
      await this.#ready().configs.rename(name)
      await this.#setName(name)
      this.#showReady()
    })
  }

  async revealPhrase(): Promise<string> {
    this.#ready()
    return encodeRecoveryPhrase(this.#record().seed)
  }

  async confirmPhrase(words: readonly { index: number; word: string }[]): Promise<boolean> {
    this.#ready()
    const phrase = encodeRecoveryPhrase(this.#record().seed).split(' ')
    const isRight = words.every(({ index, word }) => phrase[index] === word.trim().toLowerCase())
    if (!isRight || new Set(words.map(({ index }) => index)).size < 2) return false
    await this.#change({ phraseConfirmed: true })
    if (this.#session.snapshot.kind === 'ready') this.#showReady()
    return true
  }

  async eraseDevice(): Promise<void> {
    await this.#queue.run(async () => {
      await this.#messenger?.[Symbol.asyncDispose]()
      this.#messenger = undefined
      if (this.#account !== undefined) wipe(this.#account.seed)
      this.#account = undefined
      this.#life?.net.setAccount(undefined)
      const store = await this.#lock.erase()
      if (this.#life === undefined) await this.#begin(store)
      else {
        this.#life.store = store
        await this.#net.moveTo(store)
      }
      this.#conversations.set([])
      this.#events.set([])
      this.#settings.set(DEFAULT_SETTINGS)
      this.#session.set({ kind: 'noAccount' })
    })
  }

  async startConversation(accountId: string): Promise<ConversationId> {
    return this.#ready().startConversation(accountId)
  }

  async send(
    conversation: ConversationId,
    draft: string | MessageDraft,
    options: CallOptions = {},
  ): Promise<MessageId> {
    const messenger = this.#ready()
    options.signal?.throwIfAborted()
    await this.#measureTime(options.signal)
    return messenger.actions.send(conversation, draft)
  }

  async retry(message: MessageId): Promise<void> {
    await this.#ready().actions.retry(message)
  }

  async deleteForMe(message: MessageId): Promise<void> {
    await this.#ready().actions.deleteMessages([message], 'thisDevice')
  }

  async changeSettings(change: Partial<Settings>): Promise<void> {
    await this.#saves.run(async () => {
      const settings = { ...this.#settings.snapshot, ...change }
      await this.#store.write([putSettings(settings)])
      this.#settings.set(settings)
    })
  }

  async setProfilePicture(picture: ProfilePicture | undefined): Promise<void> {
    await this.#queue.run(async () => {
      await this.#ready().setPicture(picture)
      await this.#change({ picture, nameUpdated: Math.floor(this.#net.time.now() / 1000) })
      this.#showReady()
    })
  }

  async react(message: MessageId, emoji: string): Promise<void> {
    await this.#ready().actions.react(message, emoji, true)
  }

  async removeReaction(message: MessageId, emoji: string): Promise<void> {
    await this.#ready().actions.react(message, emoji, false)
  }

  async deleteMessages(messages: readonly MessageId[], scope: DeletionScope): Promise<void> {
    await this.#ready().actions.deleteMessages(messages, scope)
  }

  async setExpiration(conversation: ConversationId, expiration: Expiration | undefined): Promise<void> {
    await this.#ready().actions.setExpiration(conversation, expiration)
  }

  async setTyping(conversation: ConversationId, isTyping: boolean): Promise<void> {
    await this.#ready().setTyping(conversation, isTyping)
  }

  async reportMediaSaved(message: MessageId): Promise<void> {
    await this.#ready().actions.reportMediaSaved(message)
  }

  async history(conversation: ConversationId): Promise<History> {
    return this.#ready().history(conversation)
  }

  async updateConversation(conversation: ConversationId, change: ConversationChange): Promise<void> {
    await this.#ready().actions.updateConversation(conversation, change)
  }

  async deleteConversation(conversation: ConversationId): Promise<void> {
    await this.#ready().actions.deleteConversation(conversation)
  }

  async search(query: string, options: SearchOptions = {}): Promise<readonly SearchHit[]> {
    return this.#ready().search(query, options)
  }

  exportArchive({ passphrase, signal }: ArchiveOptions): AsyncIterable<Uint8Array> {
    const { crypto, random, passphraseCost: cost = PASSPHRASE_COST } = this.#options
    const lines = exportLines(this.#exportOptions(signal))
    return sealArchive(encodeLines(lines), { crypto, passphrase, random, cost })
  }

  exportReadable({ signal }: CallOptions = {}): AsyncIterable<ExportedFile> {
    return exportFiles({ ...this.#exportOptions(signal), self: this.#ready().accountId })
  }

  async importArchive(
    archive: AsyncIterable<Uint8Array>,
    { passphrase, signal }: ArchiveOptions,
  ): Promise<ImportSummary> {
    const { crypto } = this.#options
    return this.#queue.run(async () => {
      this.#open()
      const isNew = this.#messenger === undefined
      const lines = decodeLines(openArchive(archive, { crypto, passphrase }))
      const target: ImportTarget = {
        account: (record, begin) => this.#takeAccount(decodeAccount(record), begin),
        add: (conversation, messages) => this.#ready().import(conversation, messages),
      }
      try {
        return await importLines(lines, target, this.#within(signal))
      } finally {
        if (isNew) await this.#startImported()
      }
    })
  }

  /** @throws {ArchiveError} `other_account` */
  async #takeAccount(account: AccountRecord, begin: readonly SealedChange[]): Promise<void> {
    if (this.#account !== undefined) {
      const isOwn = equalBytes(this.#account.seed, account.seed)
      wipe(account.seed)
      if (!isOwn) throw new ArchiveError('other_account')
      return
    }
    await this.#store.write([...begin, putAccount(account)])
    this.#settings.set(await getSettings(this.#store))
    await this.#openMessenger(account)
  }

  async #startImported(): Promise<void> {
    if (this.#messenger === undefined) return
    await this.#messenger.start()
    this.#showReady()
    if (this.#session.snapshot.kind === 'noAccount') this.#session.set({ kind: 'needsName' })
  }

  #exportOptions(signal: AbortSignal | undefined): ExportOptions {
    this.#ready()
    return { store: this.#store, now: this.#net.time.now(), signal: this.#within(signal) }
  }

  /** Aborts as well when this client ends or is locked. */
  #within(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#tasks.signal : AbortSignal.any([signal, this.#tasks.signal])
  }

  async hasPassphrase(): Promise<boolean> {
    return this.#lock.hasPassphrase
  }

  async setPassphrase({ old, next }: { readonly old?: string; readonly next?: string }): Promise<void> {
    this.#open() // who is locked out unlocks first
    await this.#lock.setPassphrase(old, next)
  }

  async lock(): Promise<void> {
    if (!this.#lock.hasPassphrase) throw new PassphraseError('none')
    await this.#end()
    this.#showLocked()
  }

  async unlock(passphrase: string): Promise<void> {
    await this.#queue.run(async () => {
      if (this.#life !== undefined) return
      try {
        const store = await this.#lock.unlock(passphrase)
        this.#session.set({ kind: 'opening' })
        await this.#begin(store)
      } catch (error) {
        await this.#close()
        this.#showLocked()
        throw error
      }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
    await this.#lock[Symbol.asyncDispose]()
  }

  async #end(): Promise<void> {
    // Tasks first: what waits in the queue for the network is called off by their signal.
    await this.#life?.tasks[Symbol.asyncDispose]()
    await this.#queue.run(() => this.#close())
  }

  /** Takes over `store`. */
  async #begin(store: SealedStore): Promise<void> {
    const { logger } = this.#options
    const onFailure = (task: string, error: unknown) =>
      logger.error('client.task_failed', { task, code: codeOf(error) })
    const tasks = new TaskGroup({ onFailure })
    const canReach = this.#options.canReach ?? (() => true)
    const net = new Network(
      {
        ...this.#options,
        kind: this.#options.networkKind,
        canReach: (node) => canReach(node.descriptor),
        tasks,
      },
      store,
    )
    const stop = net.view.subscribe((view) => this.#network.set(view))
    this.#life = { store, tasks, net, stop }
    await this.#load()
  }

  async #close(): Promise<void> {
    await this.#messenger?.[Symbol.asyncDispose]()
    this.#messenger = undefined
    if (this.#account !== undefined) wipe(this.#account.seed)
    this.#account = undefined
    const life = this.#life
    this.#life = undefined
    if (life === undefined) return
    life.stop()
    await life.tasks[Symbol.asyncDispose]()
    await life.store[Symbol.asyncDispose]()
  }

  #showLocked(): void {
    this.#conversations.set([])
    this.#events.set([])
    this.#network.set(viewBefore(this.#options.network))
    const { retryAt } = this.#lock
    this.#session.set(retryAt === undefined ? { kind: 'locked' } : { kind: 'locked', retryAt })
  }

  /** @throws {ClientStateError} `locked` */
  #open(): Life {
    if (this.#life === undefined) throw new ClientStateError('locked')
    return this.#life
  }

  get #store(): SealedStore {
    return this.#open().store
  }

  get #tasks(): TaskGroup {
    return this.#open().tasks
  }

  get #net(): Network {
    return this.#open().net
  }

  async #load(): Promise<void> {
    this.#settings.set(await getSettings(this.#store))
    await this.#net.load()
    this.#net.start()
    const account = await getAccount(this.#store)
    if (account === undefined) {
      this.#session.set({ kind: 'noAccount' })
      return
    }
    await this.#openMessenger(account)
    if (account.displayName === undefined) {
      // The restore was cut short: go on where it was, without letting anybody wait for it.
      this.#tasks.run('restore', () => this.#queue.run(() => this.#restore()))
      return
    }
    await this.#messenger?.start()
    this.#showReady()
  }

  /** A new account on this device: on the disk, and its services made. */
  async #unlock(account: AccountRecord): Promise<void> {
    await this.#store.write([putAccount(account)])
    await this.#openMessenger(account)
  }

  async #openMessenger(account: AccountRecord): Promise<void> {
    this.#account = account
    this.#found.set(NOTHING)
    const { logger, clock, random, crypto, network, decompress } = this.#options
    this.#messenger = new Messenger({
      account,
      network,
      clock,
      random,
      crypto,
      logger,
      store: this.#store,
      net: this.#net,
      decompress,
      conversations: this.#conversations,
      events: this.#events,
      settings: () => this.#settings.snapshot,
      onProfile: (profile) => this.#profileArrived(profile),
      onCaughtUp: () => this.#found.update((found) => ({ ...found, lanes: found.lanes + 1 })),
    })
    this.#messenger.newer.count.subscribe(() => {
      if (this.#session.snapshot.kind === 'ready') this.#showReady()
    })
    await this.#messenger.load()
  }

  /** Looks for the profile and the messages, for 15 seconds at most; what comes later is taken as well. */
  async #restore(): Promise<void> {
    this.#session.set({ kind: 'restoring', step: 'connecting' })
    await this.#messenger?.start()
    try {
      await withTimeout(this.#options.clock, RESTORE_TIMEOUT, this.#tasks.signal, async (signal) => {
        await this.#net.paths.connected(signal)
        this.#session.set({ kind: 'restoring', step: 'profile' })
        await until(this.#found, ({ name, lanes }) => name || lanes >= this.#lanesNeeded, signal)
        this.#session.set({ kind: 'restoring', step: 'messages' })
        await until(this.#found, ({ lanes }) => lanes > 0, signal)
      })
    } catch (error) {
      if (this.#tasks.signal.aborted) return
      if (!(error instanceof TimeoutError)) throw error
    }
    this.#showReady()
    if (this.#session.snapshot.kind === 'restoring') this.#session.set({ kind: 'needsName' })
  }

  /** One member may not have the profile: two are asked, where there are two. */
  get #lanesNeeded(): number {
    const account = this.#messenger?.accountId
    return Math.min(2, (account && this.#net.requests.swarmOf(account)?.members.length) ?? 2)
  }

  /** Our devices agree on this name and picture. */
  async #profileArrived({ name, picture, updatedSeconds }: OwnProfile): Promise<void> {
    if (name === undefined) return
    await this.#change({ displayName: name, picture, nameUpdated: updatedSeconds })
    this.#found.update((found) => ({ ...found, name: true }))
    const { kind } = this.#session.snapshot
    if (kind === 'ready' || kind === 'needsName') this.#showReady()
  }

  #setName(displayName: DisplayName): Promise<void> {
    const nameUpdated = Math.floor(this.#net.time.now() / 1000)
    return this.#change({ displayName, nameUpdated })
  }

  #change(change: Partial<AccountRecord>): Promise<void> {
    return this.#saves.run(async () => {
      const account = { ...this.#record(), ...change }
      await this.#store.write([putAccount(account)])
      this.#account = account
      this.#messenger?.setAccount(account)
    })
  }

  async #measureTime(signal = this.#tasks.signal): Promise<void> {
    const { time, requests } = this.#net
    if (time.isMeasured || !this.#net.isConnected) return
    try {
      const either = AbortSignal.any([signal, this.#tasks.signal])
      await withTimeout(this.#options.clock, MEASURE_PATIENCE, either, () => requests.measureTime())
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
    }
  }

  #showReady(): void {
    const { displayName, phraseConfirmed, picture } = this.#record()
    if (displayName === undefined || this.#messenger === undefined) return
    const { accountId, newer } = this.#messenger
    const newerMessages = newer.count.snapshot
    this.#session.set({
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

  #assertNoAccount(): void {
    if (this.#messenger !== undefined) throw new ClientStateError('has_account')
  }

  /** @throws {ClientStateError} */
  #ready(): Messenger {
    this.#open()
    if (this.#messenger === undefined) throw new ClientStateError('no_account')
    return this.#messenger
  }

  #record(): AccountRecord & { readonly seed: AccountSeed } {
    this.#open()
    if (this.#account === undefined) throw new ClientStateError('no_account')
    return this.#account
  }
}

function viewBefore({ name }: NetworkFile): NetworkView {
  return { connection: { kind: 'connecting' }, networkName: name, swarm: [] }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
