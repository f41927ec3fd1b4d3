/**
 * The client that faces use. Invariants: changes of the account happen one after the other; nothing is shown as done before
 * it is on the disk; everything that runs belongs to one task group, or to that of the account; while it is locked, nothing
 * runs, and no key and no text is in memory.
 */
import {
  type Expiration,
  type ProfilePicture,
  parseAccountId,
  parseDisplayName,
  parseRecoveryPhrase,
  safetyNumber,
  seconds,
} from '@starling/protocol'
import { MutableObservable, type Observable, type TaskGroup, TimeoutError, withTimeout } from '@starling/runtime'
import type { Messenger } from './account/messenger.ts'
import { DEFAULT_SETTINGS, putSettings } from './account/settings-record.ts'
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
  ImportOptions,
  ImportSummary,
  MessageDraft,
  MessageId,
  NetworkView,
  ReadableOptions,
  SearchHit,
  SearchOptions,
  SessionState,
  Settings,
} from './api.ts'
import { Archives } from './archive/archives.ts'
import { isHalfImported } from './archive/half-import.ts'
import { ClientStateError } from './client-error.ts'
import { createLife, endLife, type Life, type Published, startLife, viewBefore } from './client-life.ts'
import type { ClientOptions } from './client-options.ts'
import { ClientFiles } from './files/client-files.ts'
import { ExitPreviews } from './files/exit-previews.ts'
import { UploadedFiles } from './files/uploaded-files.ts'
import type { Network } from './network.ts'
import { SerialQueue } from './serial-queue.ts'
import { PassphraseError } from './store/passphrase-error.ts'
import type { SealedStore } from './store/sealed-store.ts'
import type { StoreLock } from './store/store-lock.ts'

/** A message shall have the network's time; but nobody waits for long to see what was typed. */
const MEASURE_PATIENCE = seconds(2)

export type StarlingClientOptions = Omit<ClientOptions, 'store'>

export class StarlingClient implements Client {
  readonly files: ClientFiles
  readonly #options: StarlingClientOptions
  readonly #lock: StoreLock
  readonly #published: Published
  readonly #archives: Archives
  readonly #queue = new SerialQueue()
  readonly #saves = new SerialQueue()
  readonly #uploaded = new UploadedFiles()
  /** `undefined`: locked. */
  #life: Life | undefined

  private constructor(options: StarlingClientOptions, lock: StoreLock) {
    this.#options = options
    this.#lock = lock
    this.#published = {
      session: new MutableObservable<SessionState>({ kind: 'opening' }),
      conversations: new MutableObservable<ConversationList>([]),
      settings: new MutableObservable<Settings>(DEFAULT_SETTINGS),
      events: new MutableObservable<EventLog>([]),
      network: new MutableObservable(viewBefore(options.network)),
    }
    this.#archives = new Archives({
      ...options,
      life: () => this.#open(),
      onSettings: (settings) => this.#published.settings.set(settings),
      erase: () => this.#erase(),
      // Whoever exports everything does not look at it.
      download: (message, index, signal) => this.files.download(message, index, { signal, keeps: false }),
      within: (signal) => this.#within(signal),
    })
    this.files = new ClientFiles({
      ...options,
      previews: options.previews ?? this.#listedPreviews(),
      makesPreviews: () => this.#published.settings.snapshot.linkPreviews,
      attachment: (message, index) => this.#ready().attachment(message, index),
      keeper: () => (this.#life?.account.exists ? this.#ready().files : undefined),
      uploaded: this.#uploaded,
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
    return this.#published.session
  }

  get conversations(): Observable<ConversationList> {
    return this.#published.conversations
  }

  get settings(): Observable<Settings> {
    return this.#published.settings
  }

  get events(): Observable<EventLog> {
    return this.#published.events
  }

  get network(): Observable<NetworkView> {
    return this.#published.network
  }

  async createAccount({ displayName, signal }: { displayName: string } & CallOptions): Promise<void> {
    const name = parseDisplayName(displayName)
    await this.#queue.run(() => this.#open().account.create(name), signal)
  }

  async restoreAccount({ phrase, signal }: { phrase: string } & CallOptions): Promise<void> {
    const seed = parseRecoveryPhrase(phrase)
    await this.#queue.run(() => this.#open().account.restore(seed, this.#within(signal)), signal)
  }

  async setDisplayName(displayName: string, options?: CallOptions): Promise<void> {
    const name = parseDisplayName(displayName)
    await this.#queue.run(() => this.#open().account.rename(name), options?.signal)
  }

  async setProfilePicture(picture: ProfilePicture | undefined, options?: CallOptions): Promise<void> {
    await this.#queue.run(() => this.#open().account.setPicture(picture), options?.signal)
  }

  async revealPhrase(options?: CallOptions): Promise<string> {
    return this.#open(options).account.revealPhrase()
  }

  async confirmPhrase(words: readonly { index: number; word: string }[], options?: CallOptions): Promise<boolean> {
    return this.#open(options).account.confirmPhrase(words)
  }

  async eraseDevice(options?: CallOptions): Promise<void> {
    await this.#queue.run(() => this.#erase(), options?.signal)
  }

  async startConversation(accountId: string, options?: CallOptions): Promise<ConversationId> {
    return this.#ready(options).startConversation(accountId)
  }

  async send(
    conversation: ConversationId,
    draft: string | MessageDraft,
    options: CallOptions = {},
  ): Promise<MessageId> {
    const messenger = this.#ready(options)
    await this.#measureTime(options.signal)
    const message = await messenger.actions.send(conversation, draft)
    const { attachments = [] } = typeof draft === 'string' ? {} : draft
    messenger.keepSent(conversation, this.#uploaded.take(attachments))
    return message
  }

  async retry(message: MessageId, options?: CallOptions): Promise<void> {
    await this.#ready(options).actions.retry(message)
  }

  async deleteForMe(message: MessageId, options?: CallOptions): Promise<void> {
    await this.#ready(options).deletions.delete([message], 'thisDevice')
  }

  async changeSettings(change: Partial<Settings>, options?: CallOptions): Promise<void> {
    await this.#saves.run(async () => {
      const settings = { ...this.#published.settings.snapshot, ...change }
      await this.#store.write([putSettings(settings)])
      this.#published.settings.set(settings)
    }, options?.signal)
  }

  async react(message: MessageId, emoji: string, options?: CallOptions): Promise<void> {
    await this.#ready(options).actions.react(message, emoji, true)
  }

  async removeReaction(message: MessageId, emoji: string, options?: CallOptions): Promise<void> {
    await this.#ready(options).actions.react(message, emoji, false)
  }

  async deleteMessages(messages: readonly MessageId[], scope: DeletionScope, options?: CallOptions): Promise<void> {
    await this.#ready(options).deletions.delete(messages, scope)
  }

  async setExpiration(
    conversation: ConversationId,
    expiration: Expiration | undefined,
    options?: CallOptions,
  ): Promise<void> {
    await this.#ready(options).actions.setExpiration(conversation, expiration)
  }

  async setTyping(conversation: ConversationId, isTyping: boolean, options?: CallOptions): Promise<void> {
    await this.#ready(options).setTyping(conversation, isTyping)
  }

  async flush(options?: CallOptions): Promise<void> {
    await this.#ready(options).flush(this.#within(options?.signal))
  }

  async reportMediaSaved(message: MessageId, options?: CallOptions): Promise<void> {
    await this.#ready(options).actions.reportMediaSaved(message)
  }

  async history(conversation: ConversationId, options?: CallOptions): Promise<History> {
    const history = await this.#ready(options).history(conversation)
    if (options?.signal?.aborted) await history[Symbol.asyncDispose]()
    options?.signal?.throwIfAborted()
    return history
  }

  async updateConversation(
    conversation: ConversationId,
    change: ConversationChange,
    options?: CallOptions,
  ): Promise<void> {
    await this.#ready(options).actions.updateConversation(conversation, change)
  }

  async safetyNumber(conversation: ConversationId, options?: CallOptions): Promise<string> {
    return safetyNumber(this.#options.crypto, this.#ready(options).accountId, parseAccountId(conversation))
  }

  async deleteConversation(conversation: ConversationId, options?: CallOptions): Promise<void> {
    await this.#ready(options).actions.deleteConversation(conversation)
  }

  async search(query: string, options: SearchOptions = {}): Promise<readonly SearchHit[]> {
    return this.#ready(options).search(query, { ...options, signal: this.#within(options.signal) })
  }

  exportArchive(options: ArchiveOptions): AsyncIterable<Uint8Array> {
    return this.#archives.export(options)
  }

  exportReadable(options: ReadableOptions = {}): AsyncIterable<ExportedFile> {
    return this.#archives.exportReadable(options)
  }

  importArchive(archive: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<ImportSummary> {
    return this.#queue.run(() => this.#archives.import(archive, options), options.signal)
  }

  /** Through the services that the network lists; `undefined`, if it lists none. */
  #listedPreviews(): ExitPreviews | undefined {
    const { network, random } = this.#options
    const { previews: servers } = network
    if (servers === undefined) return undefined
    return new ExitPreviews({ servers, random, ask: (...request) => this.#net.servers.request(...request) })
  }

  /** Aborts as well when this client ends or is locked. */
  #within(signal: AbortSignal | undefined): AbortSignal {
    return signal === undefined ? this.#tasks.signal : AbortSignal.any([signal, this.#tasks.signal])
  }

  async hasPassphrase(options?: CallOptions): Promise<boolean> {
    options?.signal?.throwIfAborted()
    return this.#lock.hasPassphrase
  }

  async setPassphrase(
    { old, next }: { readonly old?: string; readonly next?: string },
    options?: CallOptions,
  ): Promise<void> {
    this.#open(options) // who is locked out unlocks first
    await this.#lock.setPassphrase(old, next, options?.signal)
  }

  async lock(options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted()
    if (!this.#lock.hasPassphrase) throw new PassphraseError('none')
    await this.#end()
    this.#showLocked()
  }

  async unlock(passphrase: string, options?: CallOptions): Promise<void> {
    await this.#queue.run(async () => {
      if (this.#life !== undefined) return
      try {
        const store = await this.#lock.unlock(passphrase, options?.signal)
        this.#published.session.set({ kind: 'opening' })
        await this.#begin(store)
      } catch (error) {
        await this.#close()
        this.#showLocked()
        throw error
      }
    }, options?.signal)
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

  /** In turn with whatever else changes the account. */
  async #erase(): Promise<void> {
    await this.#life?.account[Symbol.asyncDispose]()
    this.#life?.net.setAccount(undefined)
    const store = await this.#lock.erase()
    if (this.#life === undefined) await this.#begin(store)
    else {
      this.#life.store = store
      await this.#net.moveTo(store)
    }
    this.#published.conversations.set([])
    this.#published.events.set([])
    this.#published.settings.set(DEFAULT_SETTINGS)
    this.#published.session.set({ kind: 'noAccount' })
  }

  /** Takes over `opened`. */
  async #begin(opened: SealedStore): Promise<void> {
    const store = (await isHalfImported(opened)) ? await this.#renew(opened) : opened
    const inTurn = (fn: () => Promise<void>) => this.#queue.run(fn)
    this.#life = createLife({ ports: this.#options, store, published: this.#published, inTurn })
    await startLife(this.#life, this.#published)
  }

  /** What an import left that did not come to its end goes. */
  async #renew(store: SealedStore): Promise<SealedStore> {
    await store[Symbol.asyncDispose]()
    return this.#lock.erase()
  }

  async #close(): Promise<void> {
    const life = this.#life
    if (life === undefined) return
    this.#uploaded.clear()
    await endLife(life)
    this.#life = undefined
    await life.store[Symbol.asyncDispose]()
  }

  #showLocked(): void {
    this.#published.conversations.set([])
    this.#published.events.set([])
    this.#published.network.set(viewBefore(this.#options.network))
    const { retryAt } = this.#lock
    this.#published.session.set(retryAt === undefined ? { kind: 'locked' } : { kind: 'locked', retryAt })
  }

  /** @throws {ClientStateError} `locked` @throws the signal's reason, if it aborted before the call */
  #open(options?: CallOptions): Life {
    options?.signal?.throwIfAborted()
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

  /** @throws as `#open`, and {ClientStateError} `no_account` */
  #ready(options?: CallOptions): Messenger {
    return this.#open(options).account.messenger()
  }
}
