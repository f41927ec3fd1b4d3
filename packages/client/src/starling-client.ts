/**
 * The client that faces use. Invariants: changes of the account happen one after the other; nothing is shown as done before
 * it is on the disk; everything that runs belongs to one task group, or to that of the account; while it is locked, nothing
 * runs, and no key and no text is in memory.
 */
import {
  type Expiration,
  type NetworkFile,
  PASSPHRASE_COST,
  type ProfilePicture,
  parseAccountId,
  parseDisplayName,
  parseRecoveryPhrase,
  safetyNumber,
  seconds,
} from '@starling/protocol'
import { MutableObservable, type Observable, TaskGroup, TimeoutError, withTimeout } from '@starling/runtime'
import { decodeAccount } from './account/account-record.ts'
import { AccountSession } from './account/account-session.ts'
import type { Messenger } from './account/messenger.ts'
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
import type { SealedStore } from './store/sealed-store.ts'
import type { StoreLock } from './store/store-lock.ts'

/** A message shall have the network's time; but nobody waits for long to see what was typed. */
const MEASURE_PATIENCE = seconds(2)

export type StarlingClientOptions = Omit<ClientOptions, 'store'>

/** What there is between unlocking and locking. */
type Life = {
  store: SealedStore
  readonly tasks: TaskGroup
  readonly net: Network
  readonly account: AccountSession
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
  readonly #saves = new SerialQueue()
  readonly #network: MutableObservable<NetworkView>
  /** `undefined`: locked. */
  #life: Life | undefined

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
    await this.#queue.run(() => this.#open().account.create(name))
  }

  async restoreAccount({ phrase, signal }: { phrase: string } & CallOptions): Promise<void> {
    const seed = parseRecoveryPhrase(phrase)
    await this.#queue.run(async () => {
      signal?.throwIfAborted()
      await this.#open().account.restore(seed, this.#within(signal))
    })
  }

  async setDisplayName(displayName: string): Promise<void> {
    const name = parseDisplayName(displayName)
    await this.#queue.run(() => this.#open().account.rename(name))
  }

  async setProfilePicture(picture: ProfilePicture | undefined): Promise<void> {
    await this.#queue.run(() => this.#open().account.setPicture(picture))
  }

  async revealPhrase(): Promise<string> {
    return this.#open().account.revealPhrase()
  }

  async confirmPhrase(words: readonly { index: number; word: string }[]): Promise<boolean> {
    return this.#open().account.confirmPhrase(words)
  }

  async eraseDevice(): Promise<void> {
    await this.#queue.run(async () => {
      await this.#life?.account[Symbol.asyncDispose]()
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
    await this.#ready().deletions.delete([message], 'thisDevice')
  }

  async changeSettings(change: Partial<Settings>): Promise<void> {
    await this.#saves.run(async () => {
      const settings = { ...this.#settings.snapshot, ...change }
      await this.#store.write([putSettings(settings)])
      this.#settings.set(settings)
    })
  }

  async react(message: MessageId, emoji: string): Promise<void> {
    await this.#ready().actions.react(message, emoji, true)
  }

  async removeReaction(message: MessageId, emoji: string): Promise<void> {
    await this.#ready().actions.react(message, emoji, false)
  }

  async deleteMessages(messages: readonly MessageId[], scope: DeletionScope): Promise<void> {
    await this.#ready().deletions.delete(messages, scope)
  }

  async setExpiration(conversation: ConversationId, expiration: Expiration | undefined): Promise<void> {
    await this.#ready().actions.setExpiration(conversation, expiration)
  }

  async setTyping(conversation: ConversationId, isTyping: boolean): Promise<void> {
    await this.#ready().setTyping(conversation, isTyping)
  }

  async flush({ signal }: CallOptions = {}): Promise<void> {
    await this.#ready().flush(this.#within(signal))
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

  async safetyNumber(conversation: ConversationId): Promise<string> {
    return safetyNumber(this.#options.crypto, this.#ready().accountId, parseAccountId(conversation))
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
      const { account } = this.#open()
      const isNew = !account.exists
      const lines = decodeLines(openArchive(archive, { crypto, passphrase }))
      const target: ImportTarget = {
        account: async (record, begin) => {
          await account.take(decodeAccount(record), begin)
          this.#settings.set(await getSettings(this.#store))
        },
        add: (conversation, messages) => this.#ready().import(conversation, messages),
      }
      try {
        return await importLines(lines, target, this.#within(signal))
      } finally {
        if (isNew) await account.startTaken()
      }
    })
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
    const account = new AccountSession({
      ports: this.#options,
      store: () => this.#store,
      net,
      tasks,
      session: this.#session,
      conversations: this.#conversations,
      events: this.#events,
      settings: () => this.#settings.snapshot,
      inTurn: (fn) => this.#queue.run(fn),
    })
    this.#life = { store, tasks, net, account, stop }
    this.#settings.set(await getSettings(store))
    await net.load()
    net.start()
    await account.load()
  }

  async #close(): Promise<void> {
    const life = this.#life
    await life?.account[Symbol.asyncDispose]()
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

  /** @throws {ClientStateError} */
  #ready(): Messenger {
    return this.#open().account.messenger()
  }
}

function viewBefore({ name }: NetworkFile): NetworkView {
  return { connection: { kind: 'connecting' }, networkName: name, swarm: [] }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
