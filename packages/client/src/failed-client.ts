/** A client that could not be opened. It says why; everything fails with that error, but for erasing what cannot be read. */
import type { NetworkFile } from '@starling/protocol'
import { MutableObservable, type Observable } from '@starling/runtime'
import { DEFAULT_SETTINGS } from './account/settings-record.ts'
import type {
  CallOptions,
  Client,
  ConversationId,
  ConversationList,
  EventLog,
  ExportedFile,
  History,
  ImportSummary,
  MessageId,
  NetworkView,
  SearchHit,
  SessionFailure,
  SessionState,
  Settings,
} from './api.ts'
import { withoutFiles } from './files/client-files.ts'
import type { StoreError } from './store/store-error.ts'

export class FailedClient implements Client {
  readonly files = withoutFiles()
  readonly session: Observable<SessionState>
  readonly conversations: Observable<ConversationList> = new MutableObservable<ConversationList>([])
  readonly network: Observable<NetworkView>
  readonly settings: Observable<Settings> = new MutableObservable<Settings>(DEFAULT_SETTINGS)
  readonly events: Observable<EventLog> = new MutableObservable<EventLog>([])
  readonly #error: StoreError
  readonly #erase: () => Promise<void>

  /** `erase` deletes everything from a store that is there, but not to be read; the client is then to be opened anew. */
  constructor(error: StoreError, network: NetworkFile, erase: () => Promise<void>) {
    this.#error = error
    this.#erase = erase
    this.session = new MutableObservable<SessionState>({ kind: 'failed', code: failureOf(error) })
    this.network = new MutableObservable<NetworkView>({
      connection: { kind: 'connecting' },
      networkName: network.name,
      swarm: [],
    })
  }

  createAccount(): Promise<void> {
    return this.#fail()
  }

  restoreAccount(): Promise<void> {
    return this.#fail()
  }

  setDisplayName(): Promise<void> {
    return this.#fail()
  }

  setProfilePicture(): Promise<void> {
    return this.#fail()
  }

  changeSettings(): Promise<void> {
    return this.#fail()
  }

  react(): Promise<void> {
    return this.#fail()
  }

  removeReaction(): Promise<void> {
    return this.#fail()
  }

  deleteMessages(): Promise<void> {
    return this.#fail()
  }

  setExpiration(): Promise<void> {
    return this.#fail()
  }

  setTyping(): Promise<void> {
    return this.#fail()
  }

  reportMediaSaved(): Promise<void> {
    return this.#fail()
  }

  flush(): Promise<void> {
    return this.#fail()
  }

  revealPhrase(): Promise<string> {
    return this.#fail()
  }

  confirmPhrase(): Promise<boolean> {
    return this.#fail()
  }

  async eraseDevice(options?: CallOptions): Promise<void> {
    options?.signal?.throwIfAborted()
    if (this.#error.code !== 'unreadable') throw this.#error
    await this.#erase()
  }

  startConversation(): Promise<ConversationId> {
    return this.#fail()
  }

  send(): Promise<MessageId> {
    return this.#fail()
  }

  retry(): Promise<void> {
    return this.#fail()
  }

  deleteForMe(): Promise<void> {
    return this.#fail()
  }

  history(): Promise<History> {
    return this.#fail()
  }

  updateConversation(): Promise<void> {
    return this.#fail()
  }

  safetyNumber(): Promise<string> {
    return this.#fail()
  }

  deleteConversation(): Promise<void> {
    return this.#fail()
  }

  search(): Promise<readonly SearchHit[]> {
    return this.#fail()
  }

  hasPassphrase(): Promise<boolean> {
    return this.#fail()
  }

  setPassphrase(): Promise<void> {
    return this.#fail()
  }

  lock(): Promise<void> {
    return this.#fail()
  }

  unlock(): Promise<void> {
    return this.#fail()
  }

  exportArchive(): AsyncIterable<Uint8Array> {
    throw this.#error
  }

  exportReadable(): AsyncIterable<ExportedFile> {
    throw this.#error
  }

  importArchive(): Promise<ImportSummary> {
    return this.#fail()
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #fail(): Promise<never> {
    return Promise.reject(this.#error)
  }
}

function failureOf({ code }: StoreError): SessionFailure {
  if (code === 'in_use' || code === 'newer_version') return code
  return code === 'unreadable' ? 'store_unreadable' : 'store_unavailable'
}
