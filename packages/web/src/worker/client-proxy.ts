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
  ImportOptions,
  ImportSummary,
  KeptUsage,
  MessageDraft,
  MessageId,
  NetworkView,
  OutgoingAttachment,
  OutgoingPreview,
  ProfilePicture,
  ReadableOptions,
  SearchHit,
  SearchOptions,
  SessionState,
  Settings,
} from '@starling/client'
import { createStore, type Store } from '../state/store.ts'
import { chunksOf, collectBlob } from './chunks.ts'
import { type CallOptions, Connection } from './connection.ts'
import { RemoteError } from './error-record.ts'
import type { HandleId, Port } from './messages.ts'
import { type ClientMethod, isRepeatable } from './methods.ts'
import { isRecord } from './plain-data.ts'
import { type HistoryPort, RemoteHistory } from './remote-history.ts'

type HistoryEntry = { snapshot: HistorySnapshot; listener?: (snapshot: HistorySnapshot) => void }

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
  readonly #connection: Connection
  readonly #entries = new Map<HandleId, HistoryEntry>()
  readonly #histories = new Set<RemoteHistory>()

  constructor(port: Port, { onBroken }: ClientProxyOptions) {
    this.#connection = new Connection(port, {
      // The envelope was checked; the worker is the same build, so the rest has the form that the client's types say.
      state: (name, value) => (this[name] as Store<unknown>).set(value),
      historyState: (handle, value) => this.#hearHistory(handle, value),
      changed: () => {
        this.#entries.clear()
        for (const history of this.#histories) history.reopen()
      },
      broken: onBroken,
    })
  }

  createAccount = ({ signal, ...options }: { displayName: string } & CallOptions): Promise<void> =>
    this.#callVoid('createAccount', [options], { signal })
  restoreAccount = ({ signal, ...options }: { phrase: string } & CallOptions): Promise<void> =>
    this.#callVoid('restoreAccount', [options], { signal })
  setDisplayName = (displayName: string, options?: CallOptions): Promise<void> =>
    this.#callVoid('setDisplayName', [displayName], options)
  eraseDevice = (options?: CallOptions): Promise<void> => this.#callVoid('eraseDevice', [], options)
  setProfilePicture = (picture: ProfilePicture | undefined, options?: CallOptions): Promise<void> =>
    this.#callVoid('setProfilePicture', [picture], options)
  changeSettings = (change: Partial<Settings>, options?: CallOptions): Promise<void> =>
    this.#callVoid('changeSettings', [change], options)
  react = (message: MessageId, emoji: string, options?: CallOptions): Promise<void> =>
    this.#callVoid('react', [message, emoji], options)
  removeReaction = (message: MessageId, emoji: string, options?: CallOptions): Promise<void> =>
    this.#callVoid('removeReaction', [message, emoji], options)
  deleteMessages = (messages: readonly MessageId[], scope: DeletionScope, options?: CallOptions): Promise<void> =>
    this.#callVoid('deleteMessages', [messages, scope], options)
  setExpiration = (
    conversation: ConversationId,
    expiration: Expiration | undefined,
    options?: CallOptions,
  ): Promise<void> => this.#callVoid('setExpiration', [conversation, expiration], options)
  setTyping = (conversation: ConversationId, isTyping: boolean, options?: CallOptions): Promise<void> =>
    this.#callVoid('setTyping', [conversation, isTyping], options)
  flush = (options?: CallOptions): Promise<void> => this.#callVoid('flush', [], options)
  reportMediaSaved = (message: MessageId, options?: CallOptions): Promise<void> =>
    this.#callVoid('reportMediaSaved', [message], options)
  /** Bytes that are uploaded change hands: the caller has them no more. */
  readonly files: FileCalls = {
    upload: async (file, options) => asRecord<OutgoingAttachment>(await this.#call('uploadFile', [file], options)),
    uploadPicture: async (picture, options) =>
      asRecord<ProfilePicture>(await this.#call('uploadPicture', [picture], options)),
    download: async (message, index, options) => asBytes(await this.#call('downloadFile', [message, index], options)),
    downloadPicture: async (picture, options) => asBytes(await this.#call('downloadPicture', [picture], options)),
    preview: async (text, options) => {
      const preview = await this.#call('previewLink', [text], options)
      return preview === undefined ? undefined : asRecord<OutgoingPreview>(preview)
    },
    kept: async (message, index, options) => {
      const content = await this.#call('keptFile', [message, index], options)
      return content === undefined ? undefined : asBytes(content)
    },
    keptUsage: async (options) => asRecord<KeptUsage>(await this.#call('keptUsage', [], options)),
    forgetKept: (options) => this.#callVoid('forgetKept', [], options),
  }
  retry = (message: MessageId, options?: CallOptions): Promise<void> => this.#callVoid('retry', [message], options)
  deleteForMe = (message: MessageId, options?: CallOptions): Promise<void> =>
    this.#callVoid('deleteForMe', [message], options)
  deleteConversation = (conversation: ConversationId, options?: CallOptions): Promise<void> =>
    this.#callVoid('deleteConversation', [conversation], options)
  updateConversation = (
    conversation: ConversationId,
    change: ConversationChange,
    options?: CallOptions,
  ): Promise<void> => this.#callVoid('updateConversation', [conversation, change], options)

  async revealPhrase(options?: CallOptions): Promise<string> {
    return asString(await this.#call('revealPhrase', [], options))
  }

  async confirmPhrase(words: readonly { index: number; word: string }[], options?: CallOptions): Promise<boolean> {
    return (await this.#call('confirmPhrase', [words], options)) === true
  }

  async startConversation(accountId: string, options?: CallOptions): Promise<ConversationId> {
    return asString(await this.#call('startConversation', [accountId], options)) as ConversationId
  }

  async send(conversation: ConversationId, draft: string | MessageDraft, options?: CallOptions): Promise<MessageId> {
    return asString(await this.#call('send', [conversation, draft], options)) as MessageId
  }

  async safetyNumber(conversation: ConversationId, options?: CallOptions): Promise<string> {
    return asString(await this.#call('safetyNumber', [conversation], options))
  }

  setPassphrase = (change: { readonly old?: string; readonly next?: string }, options?: CallOptions): Promise<void> =>
    this.#callVoid('setPassphrase', [change], options)
  lock = (options?: CallOptions): Promise<void> => this.#callVoid('lock', [], options)
  unlock = (passphrase: string, options?: CallOptions): Promise<void> => this.#callVoid('unlock', [passphrase], options)

  async hasPassphrase(options?: CallOptions): Promise<boolean> {
    return (await this.#call('hasPassphrase', [], options)) === true
  }

  async search(query: string, options: SearchOptions = {}): Promise<readonly SearchHit[]> {
    const { signal, ...rest } = options
    const hits = await this.#call('search', [query, rest], { signal })
    if (!Array.isArray(hits)) throw badReply()
    return hits as SearchHit[]
  }

  async *exportArchive({ passphrase, signal }: ArchiveOptions): AsyncGenerator<Uint8Array> {
    yield* chunksOf(asBlob(await this.#call('exportArchive', [passphrase], { signal })))
  }

  async *exportReadable({ signal, media }: ReadableOptions = {}): AsyncGenerator<ExportedFile> {
    const files = await this.#call('exportReadable', [media], { signal })
    if (!Array.isArray(files)) throw badReply()
    for (const { path, content } of files) yield { path: asString(path), content: chunksOf(asBlob(content)) }
  }

  async importArchive(archive: AsyncIterable<Uint8Array>, options: ImportOptions): Promise<ImportSummary> {
    const { passphrase, keepsPart, ...watch } = options
    watch.signal?.throwIfAborted()
    const args = [await collectBlob(archive), passphrase, keepsPart]
    return (await this.#call('importArchive', args, watch)) as ImportSummary
  }

  async history(conversation: ConversationId, options?: CallOptions): Promise<History> {
    const onDispose = (ended: RemoteHistory) => this.#histories.delete(ended)
    const history = await RemoteHistory.open(this.#historyPort(conversation), { onDispose, ...options })
    this.#histories.add(history)
    return history
  }

  /** Lets the client finish and let go of its store, unless another tab goes on with it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close()
  }

  /** The worker is gone: every call that waits fails, and so does every later one. */
  break(error: Error & { readonly code: string }): void {
    this.#connection.break(error)
  }

  #historyPort(conversation: ConversationId): HistoryPort {
    return {
      open: async (listener, { again = false, ...options } = {}) => {
        const request = { kind: 'call', method: 'history', args: [conversation] }
        const handle = await this.#connection.request(request, !again, options)
        // The worker tells the first state of a history before it answers the call that opened it.
        const entry = typeof handle === 'number' ? this.#entries.get(handle) : undefined
        if (typeof handle !== 'number' || entry === undefined) throw badReply()
        entry.listener = listener
        listener(entry.snapshot)
        return handle
      },
      // Handles mean nothing to another client.
      call: (handle, method, args, options) =>
        this.#connection.request({ kind: 'callHistory', handle, method, args }, false, options),
      forget: (handle) => {
        this.#entries.delete(handle)
        this.#connection.forget(handle)
      },
    }
  }

  #hearHistory(handle: HandleId, snapshot: HistorySnapshot): void {
    const entry = this.#entries.get(handle)
    if (entry === undefined) this.#entries.set(handle, { snapshot })
    else {
      entry.snapshot = snapshot
      entry.listener?.(snapshot)
    }
  }

  async #callVoid(method: ClientMethod, args: readonly unknown[], options?: CallOptions): Promise<void> {
    await this.#call(method, args, options)
  }

  #call(method: ClientMethod, args: readonly unknown[], options?: CallOptions): Promise<unknown> {
    return this.#connection.request({ kind: 'call', method, args }, isRepeatable(method), options)
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
