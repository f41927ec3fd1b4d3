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
  type UnixMillis,
} from '@starling/protocol'
import { type Clock, type Logger, type MutableObservable, TaskGroup } from '@starling/runtime'
import type {
  ConversationId,
  ConversationList,
  Delivery,
  EventLog as EventList,
  History,
  ImportSummary,
  MessageId,
  SearchHit,
  SearchOptions,
  Settings,
} from '../api.ts'
import { ActionError } from '../client-error.ts'
import type { ConfigChanges } from '../config/config-facade.ts'
import { ConfigSync } from '../config/config-sync.ts'
import { Arrivals } from '../messages/arrivals.ts'
import { attachmentOf } from '../messages/attachment-record.ts'
import { ConversationIndex } from '../messages/conversation-index.ts'
import type { ConversationRecord, ReceiptKind } from '../messages/conversation-record.ts'
import { EventLog } from '../messages/event-log.ts'
import { Expiring } from '../messages/expiring.ts'
import { Inbox, type InboxOptions } from '../messages/inbox.ts'
import { MessageBook } from '../messages/message-book.ts'
import { MessageHistory } from '../messages/message-history.ts'
import { type MessagePlace, parseMessageId } from '../messages/message-place.ts'
import type { MessageRecord } from '../messages/message-record.ts'
import { NewerMessages } from '../messages/newer-messages.ts'
import { Outbox } from '../messages/outbox.ts'
import { putOutboxItem } from '../messages/outbox-record.ts'
import { OwnSwarm } from '../messages/own-swarm.ts'
import { Receipts } from '../messages/receipts.ts'
import { searchText, storedTexts } from '../messages/search-text.ts'
import { SeenMessages } from '../messages/seen-messages.ts'
import { MessageStorage } from '../messages/store-message.ts'
import { Timestamps } from '../messages/timestamps.ts'
import { TypingContacts } from '../messages/typing-contacts.ts'
import { TypingNotices } from '../messages/typing-notices.ts'
import type { Network } from '../network.ts'
import { searchMessages } from '../search/message-search.ts'
import { SearchIndex } from '../search/search-index.ts'
import type { SealedStore } from '../store/sealed-store.ts'
import type { AccountRecord } from './account-record.ts'
import { Actions } from './actions.ts'
import { applyConfigChanges, type OwnProfile } from './config-changes.ts'
import { ConfigMirror } from './config-mirror.ts'
import { DeletedConversations } from './deleted-conversations.ts'
import { Outgoing } from './outgoing.ts'

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
  readonly newer: NewerMessages
  readonly configs: ConfigSync
  readonly actions: Actions
  readonly #options: MessengerOptions
  readonly #book: MessageBook
  readonly #outbox: Outbox
  readonly #inbox: Inbox
  readonly #index: ConversationIndex
  readonly #timestamps: Timestamps
  readonly #outgoing: Outgoing
  readonly #receipts: Receipts
  readonly #expiring: Expiring
  readonly #deleted: DeletedConversations
  readonly #typing: TypingNotices
  readonly #mirror: ConfigMirror
  readonly #search: SearchIndex
  readonly #events: EventLog
  readonly #tasks: TaskGroup
  readonly #stops: (() => void)[] = []
  #account: AccountRecord

  constructor(options: MessengerOptions) {
    this.#options = options
    this.#account = options.account
    const { crypto, logger, net, store, settings } = options
    this.keys = deriveAccountKeys(crypto, options.account.seed)
    const self = this.keys.accountId
    const { paths, requests, time } = net
    const tasks = new TaskGroup({
      onFailure: (task, error) => logger.error('client.task_failed', { task, code: codeOf(error) }),
    })
    this.#tasks = tasks
    const seen = new SeenMessages(store)
    this.newer = new NewerMessages(store)
    const queued = (conversation: ConversationId) => this.#queuedView(conversation)
    const events = new EventLog(time, options.events)
    this.#events = events
    const shared = {
      ...options,
      keys: this.keys,
      self,
      seen,
      queued,
      paths,
      requests,
      time,
      tasks,
      events,
      newer: this.newer,
    }
    this.#timestamps = new Timestamps(store, time)
    const index = new ConversationIndex({ self, queued }, options.conversations)
    this.#index = index
    const now = () => time.now()
    this.#mirror = new ConfigMirror({ self, now, shared: () => this.configs.shared })
    const search = new SearchIndex({ ...shared, texts: storedTexts(store, index) })
    this.#search = search
    const book = new MessageBook({
      ...shared,
      search,
      index,
      mirror: this.#mirror,
      hooks: this.#hooks(),
      policy: this.#policy(),
    })
    this.#book = book
    const storage = new MessageStorage(shared)
    this.#outbox = new Outbox({
      ...shared,
      logger: logger.child('outbox'),
      book,
      storage,
      ownSwarm: new OwnSwarm(shared),
      buildSyncCopy: async (place) => {
        this.#inbox.noteActivity() // who wrote may be answered
        const message = await book.get(place)
        return message && this.#outgoing.syncCopy(place.conversation, message)
      },
    })
    const takeOrder = () => this.#outbox.takeOrder()
    this.#outgoing = new Outgoing({ ...shared, takeOrder, profile: () => this.#profile() })
    const typing = new TypingContacts({ ...shared, index, isOn: () => settings().typing })
    const isConnected = () => net.isConnected
    this.#typing = new TypingNotices({
      ...shared,
      index,
      storage,
      isConnected,
      isOn: () => settings().typing,
      build: async (conversation, action) => {
        const sentAt = this.#timestamps.next()
        await store.write([this.#timestamps.put()])
        return this.#outgoing.typing(conversation, action, sentAt)
      },
    })
    this.#receipts = new Receipts({
      ...shared,
      logger: logger.child('receipts'),
      book,
      index,
      build: (record, kind, times) => this.#receipt(record, kind, times),
    })
    const cancel = (place: MessagePlace) => this.#outbox.cancel(place)
    this.#expiring = new Expiring({ ...shared, logger: logger.child('expiring'), book, cancel })
    const erase = (id: ConversationId) => this.#mirror.erase(parseAccountId(id))
    this.actions = new Actions({
      ...shared,
      book,
      outbox: this.#outbox,
      outgoing: this.#outgoing,
      timestamps: this.#timestamps,
      typing: this.#typing,
      erase,
    })
    const onChange = (changes: ConfigChanges) => this.#applyConfigs(changes)
    this.configs = new ConfigSync({ ...shared, logger: logger.child('config'), onChange })
    this.#deleted = new DeletedConversations({ store, self, time, shared: this.configs.shared })
    const onConfigs: InboxOptions['onConfigs'] = async (namespace, items) => {
      await this.configs.receive(namespace, items)
      await this.#deleted.note(namespace, items)
      events.note('otherDevice', 'config.received', items.length)
    }
    const isDeleted = this.#deleted.has.bind(this.#deleted)
    const arrivals = new Arrivals({ ...shared, book, typing, isDeleted })
    const { view } = net.directory
    this.#inbox = new Inbox({ ...shared, logger: logger.child('inbox'), arrivals, view, onConfigs })
  }

  get accountId(): AccountId {
    return this.keys.accountId
  }

  /** The record changed: messages from now on carry the new name and picture. */
  setAccount(account: AccountRecord): void {
    this.#account = account
  }

  async load(): Promise<void> {
    await this.configs.load()
    await this.#index.load(this.#options.store)
    await this.#search.load()
    await this.#timestamps.load()
    await this.newer.load()
    await this.#deleted.load()
  }

  async start(): Promise<void> {
    const { net } = this.#options
    net.setAccount(this.accountId)
    await this.#outbox.load()
    this.#inbox.start(this.#tasks)
    this.#tasks.run('configs', (signal) => this.configs.run(signal))
    this.#tasks.run('receipts', (signal) => this.#receipts.run(signal))
    this.#tasks.run('expiring', (signal) => this.#expiring.run(signal))
    this.#tasks.run('search', (signal) => this.#search.run(signal))
    let wasConnected = net.isConnected
    this.#stops.push(
      this.#inbox.progress.subscribe((progress) => net.setProgress(progress)),
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
    await this.#book.exclusively(async () => {})
    this.keys.signing.secretKey[Symbol.dispose]()
    this.keys.encryption.secretKey[Symbol.dispose]()
  }

  startConversation(accountId: string): Promise<ConversationId> {
    return this.#book.open(parseAccountId(accountId))
  }

  /** What a message says of a file of it. @throws {ActionError} `unknown_message` */
  async attachment(message: MessageId, index: number): Promise<Attachment> {
    const found = (await this.#book.get(parseMessageId(message)))?.attachments?.[index]
    if (found === undefined) throw new ActionError('unknown_message')
    return attachmentOf(found)
  }

  history(conversation: ConversationId): Promise<History> {
    parseAccountId(conversation)
    return MessageHistory.open(this.#book, conversation)
  }

  async search(query: string, options: SearchOptions = {}): Promise<readonly SearchHit[]> {
    const { before, signal = this.#tasks.signal, ...rest } = options
    const load = async (place: MessagePlace) => {
      const record = await this.#book.get(place)
      return record && { message: { place, record }, text: searchText(record) }
    }
    const range = before === undefined ? {} : { before: parseMessageId(before) }
    const hits = await searchMessages(this.#search, query, { ...rest, ...range, signal, load })
    const views = hits.map(async ({ message: { place, record }, snippet }) => {
      const message = await this.#book.view(place.conversation, record)
      return { message, snippet: snippet.text, matches: snippet.matches }
    })
    return Promise.all(views)
  }

  /** Adds what an archive has of a conversation. */
  import(archived: ConversationRecord, messages: readonly MessageRecord[]): Promise<ImportSummary> {
    return this.#book.import(archived, messages)
  }

  setTyping(conversation: ConversationId, isTyping: boolean): Promise<void> {
    return this.#typing.set(conversation, isTyping)
  }

  /** A picture that the owner chose. */
  async setPicture(picture: ProfilePicture | undefined): Promise<void> {
    await this.#options.store.write(this.configs.shared.profile.set({ picture: picture ?? 'none' }))
    this.#events.note('thisDevice', 'profile.changed')
  }

  #hooks() {
    return {
      onDue: (at: UnixMillis) => this.#expiring.note(at),
      onQueued: (item: Parameters<Outbox['submit']>[0]) => this.#outbox.submit(item),
      onOwed: (id: ConversationId) => this.#receipts.note(id),
    }
  }

  #policy() {
    const { settings } = this.#options
    return {
      sendsDelivered: () => settings().deliveryReceipts,
      sendsRead: () => settings().readReceipts,
      makeJob: (job: Parameters<Outgoing['job']>[0]) => this.#outgoing.job(job),
      readUpTo: (account: AccountId) => this.configs.shared.readState.get(account).readUntil,
      readWrites: (account: AccountId, readUntil: UnixMillis) =>
        this.configs.shared.readState.raise(account, readUntil),
    }
  }

  #receipt({ account, expiration }: ConversationRecord, kind: ReceiptKind, timestamps: readonly UnixMillis[]) {
    const draft = { kind: kind === 'read' ? 'readReceipt' : 'deliveryReceipt', timestamps } as const
    const sentAt = this.#timestamps.next()
    const item = this.#outgoing.control({ conversation: account, draft, sentAt, expiration })
    this.#events.note('thisDevice', `receipt.${kind}`, timestamps.length)
    return { item, changes: [putOutboxItem(item), this.#timestamps.put()] }
  }

  #profile(): SenderProfile | undefined {
    const { displayName, nameUpdated, picture } = this.#account
    if (displayName === undefined) return undefined
    return { name: displayName, updatedSeconds: nameUpdated, ...(picture && { picture }) }
  }

  #applyConfigs(changes: ConfigChanges): Promise<void> {
    const { onProfile } = this.#options
    const context = { book: this.#book, mirror: this.#mirror, self: this.accountId, events: this.#events, onProfile }
    return applyConfigChanges(changes, context)
  }

  #queuedView(conversation: ConversationId): Delivery {
    const { net, network } = this.#options
    const of = net.requests.swarmOf(parseAccountId(conversation))?.members.length ?? network.parameters.swarmSize
    return { kind: 'queued', waitingForNetwork: !net.isConnected, of }
  }

  #connectionChanged(isConnected: boolean): void {
    if (isConnected) {
      this.#outbox.wake()
      this.#inbox.noteActivity()
    }
    this.#tasks.run('refresh', async (signal) => {
      for (const place of this.#outbox.waiting()) {
        signal.throwIfAborted()
        await this.#book.refresh(place)
      }
    })
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
