/** The page's side: a `Client` whose work is done behind a port. */
import type {
  ArchiveOptions,
  Client,
  ConversationChange,
  ConversationId,
  ConversationList,
  DeletionScope,
  EventLog,
  Expiration,
  ExportedFile,
  FileCalls,
  History,
  HistorySnapshot,
  ImportSummary,
  MessageDraft,
  MessageId,
  NetworkView,
  OutgoingAttachment,
  OutgoingPreview,
  ProfilePicture,
  SearchHit,
  SearchOptions,
  SessionState,
  Settings,
} from '@starling/client'
import { createStore, type Store } from '../state/store.ts'
import { chunksOf, collectBlob } from './chunks.ts'
import { RemoteError, reviveError } from './error-record.ts'
import { type CallId, type HandleId, type Port, parseReply, type Reply } from './messages.ts'
import type { ClientMethod, HistoryMethod } from './methods.ts'
import { isRecord } from './plain-data.ts'

type PendingCall = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }

export type ClientProxyOptions = {
  /** Called once, if there is no client or no worker any more. All calls fail from then on. */
  readonly onBroken: (code: string) => void
}

/** Mirrors the states of the client behind `port`; they hold `opening` and emptiness until it told the first ones. */
export class ClientProxy implements Client {
  readonly session = createStore<SessionState>({ kind: 'opening' })
  readonly conversations = createStore<ConversationList>([])
  readonly network = createStore<NetworkView>({ connection: { kind: 'connecting' }, networkName: '', swarm: [] })
  readonly settings = createStore<Settings>({
    readReceipts: false,
    typing: false,
    deliveryReceipts: false,
    linkPreviews: false,
  })
  readonly events = createStore<EventLog>([])
  readonly #port: Port
  readonly #onBroken: (code: string) => void
  readonly #calls = new Map<CallId, PendingCall>()
  readonly #histories = new Map<HandleId, Store<HistorySnapshot>>()
  #nextCall = 1
  #broken: Error | undefined

  constructor(port: Port, { onBroken }: ClientProxyOptions) {
    this.#port = port
    this.#onBroken = onBroken
    port.addEventListener('message', (event) => {
      const reply = parseReply(event.data)
      if (reply !== undefined) this.#receive(reply)
    })
  }

  createAccount = (options: { displayName: string }): Promise<void> => this.#callVoid('createAccount', options)
  restoreAccount = (options: { phrase: string }): Promise<void> => this.#callVoid('restoreAccount', options)
  setDisplayName = (displayName: string): Promise<void> => this.#callVoid('setDisplayName', displayName)
  eraseDevice = (): Promise<void> => this.#callVoid('eraseDevice')
  setProfilePicture = (picture: ProfilePicture | undefined): Promise<void> =>
    this.#callVoid('setProfilePicture', picture)
  changeSettings = (change: Partial<Settings>): Promise<void> => this.#callVoid('changeSettings', change)
  react = (message: MessageId, emoji: string): Promise<void> => this.#callVoid('react', message, emoji)
  removeReaction = (message: MessageId, emoji: string): Promise<void> =>
    this.#callVoid('removeReaction', message, emoji)
  deleteMessages = (messages: readonly MessageId[], scope: DeletionScope): Promise<void> =>
    this.#callVoid('deleteMessages', messages, scope)
  setExpiration = (conversation: ConversationId, expiration: Expiration | undefined): Promise<void> =>
    this.#callVoid('setExpiration', conversation, expiration)
  setTyping = (conversation: ConversationId, isTyping: boolean): Promise<void> =>
    this.#callVoid('setTyping', conversation, isTyping)
  reportMediaSaved = (message: MessageId): Promise<void> => this.#callVoid('reportMediaSaved', message)
  readonly files: FileCalls = {
    upload: async (file) => asRecord<OutgoingAttachment>(await this.#call('uploadFile', file)),
    uploadPicture: async (picture) => asRecord<ProfilePicture>(await this.#call('uploadPicture', picture)),
    download: async (message, index) => asBytes(await this.#call('downloadFile', message, index)),
    downloadPicture: async (picture) => asBytes(await this.#call('downloadPicture', picture)),
    preview: async (text) => {
      const preview = await this.#call('previewLink', text)
      return preview === undefined ? undefined : asRecord<OutgoingPreview>(preview)
    },
  }
  retry = (message: MessageId): Promise<void> => this.#callVoid('retry', message)
  deleteForMe = (message: MessageId): Promise<void> => this.#callVoid('deleteForMe', message)
  deleteConversation = (conversation: ConversationId): Promise<void> =>
    this.#callVoid('deleteConversation', conversation)
  updateConversation = (conversation: ConversationId, change: ConversationChange): Promise<void> =>
    this.#callVoid('updateConversation', conversation, change)

  async revealPhrase(): Promise<string> {
    return asString(await this.#call('revealPhrase'))
  }

  async confirmPhrase(words: readonly { index: number; word: string }[]): Promise<boolean> {
    return (await this.#call('confirmPhrase', words)) === true
  }

  async startConversation(accountId: string): Promise<ConversationId> {
    return asString(await this.#call('startConversation', accountId)) as ConversationId
  }

  async send(conversation: ConversationId, draft: string | MessageDraft): Promise<MessageId> {
    return asString(await this.#call('send', conversation, draft)) as MessageId
  }

  async safetyNumber(conversation: ConversationId): Promise<string> {
    return asString(await this.#call('safetyNumber', conversation))
  }

  setPassphrase = (change: { readonly old?: string; readonly next?: string }): Promise<void> =>
    this.#callVoid('setPassphrase', change)
  lock = (): Promise<void> => this.#callVoid('lock')
  unlock = (passphrase: string): Promise<void> => this.#callVoid('unlock', passphrase)

  async hasPassphrase(): Promise<boolean> {
    return (await this.#call('hasPassphrase')) === true
  }

  async search(query: string, options: SearchOptions = {}): Promise<readonly SearchHit[]> {
    const { signal, ...rest } = options
    signal?.throwIfAborted()
    const hits = await this.#call('search', query, rest)
    signal?.throwIfAborted()
    if (!Array.isArray(hits)) throw badReply()
    return hits as SearchHit[]
  }

  async *exportArchive({ passphrase }: ArchiveOptions): AsyncGenerator<Uint8Array> {
    yield* chunksOf(asBlob(await this.#call('exportArchive', passphrase)))
  }

  async *exportReadable(): AsyncGenerator<ExportedFile> {
    const files = await this.#call('exportReadable')
    if (!Array.isArray(files)) throw badReply()
    for (const { path, content } of files) yield { path: asString(path), content: chunksOf(asBlob(content)) }
  }

  async importArchive(archive: AsyncIterable<Uint8Array>, { passphrase }: ArchiveOptions): Promise<ImportSummary> {
    return (await this.#call('importArchive', await collectBlob(archive), passphrase)) as ImportSummary
  }

  async history(conversation: ConversationId): Promise<History> {
    const handle = await this.#call('history', conversation)
    // The worker tells the first state of a history before it answers the call that opened it.
    const state = typeof handle === 'number' ? this.#histories.get(handle) : undefined
    if (typeof handle !== 'number' || state === undefined) throw badReply()
    return this.#openHistory(handle, state)
  }

  /** Lets the client finish and let go of its store. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#broken !== undefined) return
    await this.#request({ kind: 'close' })
  }

  /** The worker is gone: every call that waits fails, and so does every later one. */
  break(error: Error & { readonly code: string }): void {
    if (this.#broken !== undefined) return
    this.#broken = error
    for (const call of this.#calls.values()) call.reject(error)
    this.#calls.clear()
    this.#onBroken(error.code)
  }

  #openHistory(handle: HandleId, state: Store<HistorySnapshot>): History {
    const ask = (method: HistoryMethod, ...args: readonly unknown[]): Promise<unknown> =>
      this.#request({ kind: 'callHistory', handle, method, args })
    const call = async (method: HistoryMethod, ...args: readonly unknown[]): Promise<void> => {
      await ask(method, ...args)
    }
    return {
      state,
      loadOlder: () => call('loadOlder'),
      loadNewer: () => call('loadNewer'),
      jumpToLatest: () => call('jumpToLatest'),
      jumpTo: async (message) => (await ask('jumpTo', message)) === true,
      markRead: (upTo) => call('markRead', upTo),
      [Symbol.asyncDispose]: async () => {
        this.#histories.delete(handle)
        if (this.#broken === undefined) await call('dispose')
      },
    }
  }

  async #callVoid(method: ClientMethod, ...args: readonly unknown[]): Promise<void> {
    await this.#call(method, ...args)
  }

  #call(method: ClientMethod, ...args: readonly unknown[]): Promise<unknown> {
    return this.#request({ kind: 'call', method, args })
  }

  #request(request: Readonly<Record<string, unknown>>): Promise<unknown> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken)
    const id = this.#nextCall++
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject })
      this.#port.postMessage({ ...request, id })
    })
  }

  #receive(reply: Reply): void {
    switch (reply.kind) {
      case 'result':
        this.#take(reply.id)?.resolve(reply.value)
        break
      case 'error':
        this.#take(reply.id)?.reject(reviveError(reply.error))
        break
      case 'state':
        // The envelope was checked; the worker is the same build, so the rest has the form that the client's types say.
        ;(this[reply.name] as Store<unknown>).set(reply.value)
        break
      case 'historyState':
        this.#setHistory(reply.handle, reply.value)
        break
      case 'broken':
        this.break(reviveError(reply.error))
    }
  }

  #setHistory(handle: HandleId, snapshot: HistorySnapshot): void {
    const state = this.#histories.get(handle)
    if (state === undefined) this.#histories.set(handle, createStore(snapshot))
    else state.set(snapshot)
  }

  #take(id: CallId): PendingCall | undefined {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    return call
  }
}

function asBlob(value: unknown): Blob {
  if (!(value instanceof Blob)) throw badReply()
  return value
}

function asString(value: unknown): string {
  if (typeof value !== 'string') throw badReply()
  return value
}

function asBytes(value: unknown): Uint8Array {
  if (!(value instanceof Uint8Array)) throw badReply()
  return value
}

function asRecord<T extends object>(value: unknown): T {
  if (!isRecord(value)) throw badReply()
  return value as T
}

function badReply(): RemoteError {
  return new RemoteError({ name: 'RemoteError', code: 'bad_reply', fault: 'bug', fields: {} })
}
