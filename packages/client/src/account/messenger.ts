/** An account at work: its conversations, outbox, inbox and what its devices share. Lives from unlocking to erasing or closing. */
import {
  type AccountId,
  type AccountKeys,
  type Attachment,
  type Crypto,
  type Decompress,
  deriveAccountKeys,
  type NetworkFile,
  type ProfilePicture,
  parseAccountId,
  type RandomBytes,
  type SenderProfile,
} from '@starling/protocol'
import { type Clock, type Logger, type MutableObservable, type Observable, TaskGroup } from '@starling/runtime'
import type {
  ConversationId,
  ConversationList,
  EventLog as EventList,
  History,
  ImportSummary,
  MessageId,
  SearchHit,
  SearchOptions,
  Settings,
} from '../api.ts'
import { ActionError } from '../client-error.ts'
import type { ConfigSync } from '../config/config-sync.ts'
import type { FileKeeper } from '../files/file-keeper.ts'
import type { UploadedFile } from '../files/uploaded-files.ts'
import { attachmentOf, fileAt } from '../messages/attachment-record.ts'
import type { ConversationRecord } from '../messages/conversation-record.ts'
import { MessageHistory } from '../messages/message-history.ts'
import { type MessagePlace, parseMessageId } from '../messages/message-place.ts'
import type { MessageRecord } from '../messages/message-record.ts'
import { searchText } from '../messages/search-text.ts'
import type { Network } from '../network.ts'
import { searchMessages } from '../search/message-search.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import { until } from '../until.ts'
import type { AccountRecord } from './account-record.ts'
import type { Actions } from './actions.ts'
import type { OwnProfile } from './config-changes.ts'
import type { Deletions } from './deletions.ts'
import { Services } from './services.ts'

export type MessengerOptions = {
  readonly account: AccountRecord
  readonly network: NetworkFile
  readonly clock: Clock
  readonly random: RandomBytes
  readonly crypto: Crypto
  readonly logger: Logger
  readonly store: SealedStore
  readonly net: Network
  readonly decompress: Decompress | undefined
  readonly conversations: MutableObservable<ConversationList>
  readonly events: MutableObservable<EventList>
  readonly settings: () => Settings
  /** Another device, or the swarm after a restore, gave the account this name and picture. */
  readonly onProfile: (profile: OwnProfile) => Promise<void>
  readonly onCaughtUp: () => void
}

export class Messenger implements AsyncDisposable {
  readonly keys: AccountKeys
  readonly #options: MessengerOptions
  readonly #services: Services
  readonly #tasks: TaskGroup
  readonly #stops: (() => void)[] = []
  #account: AccountRecord

  constructor(options: MessengerOptions) {
    this.#options = options
    this.#account = options.account
    const { crypto, logger } = options
    this.keys = deriveAccountKeys(crypto, options.account.seed)
    this.#tasks = new TaskGroup({
      onFailure: (task, error) => logger.error('client.task_failed', { task, code: codeOf(error) }),
    })
    const profile = () => this.#profile()
    this.#services = new Services({ ...options, keys: this.keys, tasks: this.#tasks, profile })
  }

  get accountId(): AccountId {
    return this.keys.accountId
  }

  /** What a person does with conversations and messages. */
  get actions(): Actions {
    return this.#services.actions
  }

  get deletions(): Deletions {
    return this.#services.deletions
  }

  get configs(): ConfigSync {
    return this.#services.configs
  }

  /** Pictures that are kept on this device. */
  get files(): FileKeeper {
    return this.#services.keeper
  }

  /** How many messages only a later version can open. */
  get newerMessages(): Observable<number> {
    return this.#services.newer.count
  }

  /** The record changed: messages from now on carry the new name and picture. */
  setAccount(account: AccountRecord): void {
    this.#account = account
  }

  async load(): Promise<void> {
    const { configs, index, search, timestamps, newer, deleted } = this.#services
    await configs.load()
    await index.load(this.#options.store)
    await search.load()
    await timestamps.load()
    await newer.load()
    await deleted.load()
    await this.#shareContacts()
  }

  async start(): Promise<void> {
    const { net } = this.#options
    const { configs, expiring, inbox, learning, outbox, receipts, search } = this.#services
    net.setAccount(this.accountId)
    await outbox.load()
    inbox.start(this.#tasks)
    this.#tasks.run('configs', (signal) => configs.run(signal))
    this.#tasks.run('receipts', (signal) => receipts.run(signal))
    this.#tasks.run('expiring', (signal) => expiring.run(signal))
    this.#tasks.run('expiries', (signal) => learning.run(signal))
    this.#tasks.run('search', (signal) => search.run(signal))
    let wasConnected = net.isConnected
    this.#stops.push(
      inbox.progress.subscribe((progress) => net.setProgress(progress)),
      net.guards.links.subscribe((links) => {
        const isConnected = links.length > 0
        if (isConnected !== wasConnected) this.#connectionChanged(isConnected)
        wasConnected = isConnected
      }),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop()
    await this.#tasks[Symbol.asyncDispose]()
    // What was begun before is on the disk or not, but not half.
    await this.#services.book.exclusively(async () => {})
    this.keys.signing.secretKey[Symbol.dispose]()
    this.keys.encryption.secretKey[Symbol.dispose]()
  }

  /** Until nothing of ours waits for the network any more. */
  async flush(signal: AbortSignal): Promise<void> {
    const { configs, outbox } = this.#services
    await until(outbox.size, (size) => size === 0, signal)
    await until(configs.isPushed, (isPushed) => isPushed, signal)
  }

  startConversation(accountId: string): Promise<ConversationId> {
    return this.#services.book.open(parseAccountId(accountId))
  }

  /** What a message says of a file of it. @throws {ActionError} `unknown_message` */
  async attachment(message: MessageId, index: number): Promise<Attachment> {
    const record = await this.#services.book.get(parseMessageId(message))
    const found = record && fileAt(record, index)
    if (found === undefined) throw new ActionError('unknown_message')
    return attachmentOf(found)
  }

  history(conversation: ConversationId): Promise<History> {
    parseAccountId(conversation)
    return MessageHistory.open(this.#services.book, conversation)
  }

  async search(query: string, options: SearchOptions = {}): Promise<readonly SearchHit[]> {
    const { book, search } = this.#services
    const { before, signal = this.#tasks.signal, ...rest } = options
    const load = async (place: MessagePlace) => {
      const record = await book.get(place)
      return record && { message: { place, record }, text: searchText(record) }
    }
    const range = before === undefined ? {} : { before: parseMessageId(before) }
    const hits = await searchMessages(search, query, { ...rest, ...range, signal, load })
    const views = hits.map(async ({ message: { place, record }, snippet }) => {
      const message = await book.view(place.conversation, record)
      return { message, snippet: snippet.text, matches: snippet.matches }
    })
    const found = await Promise.all(views)
    signal.throwIfAborted()
    return found
  }

  /** Adds what an archive has of a conversation. */
  import(archived: ConversationRecord, messages: readonly MessageRecord[]): Promise<ImportSummary> {
    return this.#services.book.import(archived, messages)
  }

  /** Pictures of a message that was just sent, so that nobody fetches them again. */
  keepSent(conversation: ConversationId, files: readonly UploadedFile[]): void {
    if (files.length > 0) this.#tasks.run('files', () => this.files.putSent(conversation, files))
  }

  setTyping(conversation: ConversationId, isTyping: boolean): Promise<void> {
    return this.#services.typing.set(conversation, isTyping)
  }

  /** A picture that the owner chose; `others` are written with it. */
  async setPicture(picture: ProfilePicture | undefined, others: readonly SealedChange[]): Promise<void> {
    const { configs, events, kept } = this.#services
    const { picture: before } = this.#account
    const gone = await kept.forget(before === undefined ? [] : [before])
    const set = configs.shared.profile.set({ picture: picture ?? 'none' })
    await this.#options.store.write([...set, ...others, ...gone])
    events.note('thisDevice', 'profile.changed')
  }

  #profile(): SenderProfile | undefined {
    const { displayName, nameUpdated, picture } = this.#account
    if (displayName === undefined) return undefined
    return { name: displayName, updatedSeconds: nameUpdated, ...(picture && { picture }) }
  }

  /** Earlier versions shared no contacts: what they know goes to the other devices at once, not with its next change. */
  async #shareContacts(): Promise<void> {
    const { configs, index, mirror } = this.#services
    if (configs.shared.contacts.list().length > 0) return
    // Each write of an object holds all of it: the last one of each is enough.
    const writes = new Map<string, SealedChange>()
    for (const record of index.records()) {
      for (const change of mirror.writes(record, record)) writes.set(change.name.partition, change)
    }
    if (writes.size > 0) await this.#options.store.write([...writes.values()])
  }

  #connectionChanged(isConnected: boolean): void {
    const { book, inbox, outbox } = this.#services
    if (isConnected) {
      outbox.wake()
      inbox.noteActivity()
    }
    this.#tasks.run('refresh', async (signal) => {
      for (const place of outbox.waiting()) {
        signal.throwIfAborted()
        await book.refresh(place)
      }
    })
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
