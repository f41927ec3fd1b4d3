/** An account at work: its conversations, outbox, inbox and what its devices share. Lives from unlocking to erasing or closing. */
import {
  type AccountId,
  type AccountKeys,
  buildContent,
  buildStoredMessage,
  type Content,
  type Crypto,
  type Decompress,
  type DisplayName,
  deriveAccountKeys,
  millis,
  type NetworkFile,
  parseAccountId,
  type RandomBytes,
  type SenderProfile,
  type UnixMillis,
  unixMillis,
} from '@starling/protocol'
import { type Clock, type Logger, type MutableObservable, TaskGroup } from '@starling/runtime'
import type { ConversationChange, ConversationId, ConversationList, Delivery, History, MessageId } from '../api.ts'
import type { ConfigChanges } from '../config/config-facade.ts'
import { ConfigSync } from '../config/config-sync.ts'
import { ConversationIndex } from '../messages/conversation-index.ts'
import { Inbox, type InboxOptions } from '../messages/inbox.ts'
import { MessageBook, unknownConversation } from '../messages/message-book.ts'
import { MessageHistory } from '../messages/message-history.ts'
import { type MessagePlace, parseMessageId } from '../messages/message-record.ts'
import { Outbox } from '../messages/outbox.ts'
import { type OutboxItem, putOutboxItem } from '../messages/outbox-record.ts'
import { SeenMessages } from '../messages/seen-messages.ts'
import { MessageStorage } from '../messages/store-message.ts'
import { Timestamps } from '../messages/timestamps.ts'
import type { Network } from '../network.ts'
import type { SealedStore } from '../store/sealed-store.ts'
import type { AccountRecord } from './account-record.ts'

/** So that the answer to a request sorts before the reply that gave it. docs/protocol/envelope.md §7. */
const RESPONSE_LEAD = millis(100)

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
  /** Another device, or the swarm after a restore, gave the account this name. */
  readonly onName: (name: DisplayName) => Promise<void>
  readonly onCaughtUp: () => void
}

export class Messenger implements AsyncDisposable {
  readonly keys: AccountKeys
  readonly configs: ConfigSync
  readonly #options: MessengerOptions
  readonly #book: MessageBook
  readonly #outbox: Outbox
  readonly #inbox: Inbox
  readonly #index: ConversationIndex
  readonly #timestamps: Timestamps
  readonly #tasks: TaskGroup
  readonly #stops: (() => void)[] = []
  #account: AccountRecord

  constructor(options: MessengerOptions) {
    this.#options = options
    this.#account = options.account
    const { crypto, logger, net, store } = options
    this.keys = deriveAccountKeys(crypto, options.account.seed)
    const self = this.keys.accountId
    const { paths, requests, time } = net
    this.#tasks = new TaskGroup({
      onFailure: (task, error) => logger.error('client.task_failed', { task, code: codeOf(error) }),
    })
    const seen = new SeenMessages(store)
    const queued = (conversation: ConversationId) => this.#queuedView(conversation)
    const shared = { ...options, keys: this.keys, self, seen, queued, paths, requests, time }
    this.#timestamps = new Timestamps(store, time)
    this.#index = new ConversationIndex({ self, queued }, options.conversations)
    const book = new MessageBook({ ...shared, index: this.#index })
    this.#book = book
    const storage = new MessageStorage(shared)
    const buildSyncCopy = (place: MessagePlace) => this.#syncCopyOf(place)
    const tasks = this.#tasks
    this.#outbox = new Outbox({ ...shared, logger: logger.child('outbox'), book, storage, tasks, buildSyncCopy })
    const onChange = (changes: ConfigChanges) => this.#applyConfigs(changes)
    this.configs = new ConfigSync({ ...shared, logger: logger.child('config'), onChange })
    const onConfigs: InboxOptions['onConfigs'] = (namespace, items) => this.configs.receive(namespace, items)
    const { view } = net.directory
    this.#inbox = new Inbox({ ...shared, logger: logger.child('inbox'), book, view, onConfigs })
  }

  get accountId(): AccountId {
    return this.keys.accountId
  }

  /** The record changed: messages from now on carry the new name. */
  setAccount(account: AccountRecord): void {
    this.#account = account
  }

  async load(): Promise<void> {
    await this.#index.load(this.#options.store)
    await this.#timestamps.load()
    await this.configs.load()
  }

  async start(): Promise<void> {
    const { net } = this.#options
    net.setAccount(this.accountId)
    await this.#outbox.load()
    this.#inbox.start(this.#tasks)
    this.#tasks.run('configs', (signal) => this.configs.run(signal))
    let wasConnected = net.isConnected
    this.#stops.push(
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

  async send(conversation: ConversationId, text: string): Promise<MessageId> {
    const account = parseAccountId(conversation)
    this.#content(account, text, unixMillis(0)) // throws for a text that cannot be sent
    const { message, items } = await this.#book.exclusively(() => this.#queue(account, text))
    for (const item of items) this.#outbox.submit(item)
    return message
  }

  async retry(message: MessageId): Promise<void> {
    const place = parseMessageId(message)
    const item = await this.#book.exclusively(async () => {
      const found = await this.#book.get(place)
      if (found?.delivery?.kind !== 'failed' || found.body.kind !== 'text') return undefined
      const made = this.#message(parseAccountId(place.conversation), found.body.text, place.sentAt)
      await this.#book.setDelivery(place, { kind: 'queued' }, [putOutboxItem(made)])
      return made
    })
    if (item !== undefined) this.#outbox.submit(item)
    else this.#outbox.wake()
  }

  async deleteForMe(message: MessageId): Promise<void> {
    const place = parseMessageId(message)
    await this.#book.deleteMessage(place, this.#outbox.cancel(place))
  }

  history(conversation: ConversationId): Promise<History> {
    parseAccountId(conversation)
    return MessageHistory.open(this.#book, conversation)
  }

  async updateConversation(id: ConversationId, change: ConversationChange): Promise<void> {
    const before = await this.#book.change(id, change)
    if (before === undefined) throw unknownConversation()
    if (change.accepted !== true || before.answered) return
    const item = await this.#book.exclusively(async () => {
      const response = this.#response(before.account, this.#timestamps.next())
      await this.#options.store.write([putOutboxItem(response), this.#timestamps.put()])
      return response
    })
    await this.#book.setAnswered(id)
    this.#outbox.submit(item)
  }

  async deleteConversation(id: ConversationId): Promise<void> {
    const changes = this.#outbox.cancelAll(id)
    if (changes.length > 0) await this.#options.store.write(changes)
    await this.#book.deleteConversation(id)
  }

  /** What another device of ours changed. */
  async #applyConfigs({ profile }: ConfigChanges): Promise<void> {
    const name = profile?.after.name
    if (name !== undefined && name !== profile?.before.name) await this.#options.onName(name)
  }

  /** Writes the message, the response to a request where it is one, and what the outbox needs: all or nothing. */
  async #queue(account: AccountId, text: string): Promise<{ message: MessageId; items: OutboxItem[] }> {
    const conversation = this.#book.conversation(account as string as ConversationId)
    const isReply = conversation !== undefined && !conversation.answered && account !== this.accountId
    const items: OutboxItem[] = []
    if (isReply) items.push(this.#response(account, this.#timestamps.next()))
    const sentAt = this.#timestamps.next(isReply ? RESPONSE_LEAD : millis(0))
    items.push(this.#message(account, text, sentAt))
    const message = await this.#book.add(
      account,
      {
        author: this.accountId,
        direction: 'outgoing',
        body: { kind: 'text', text },
        sentAt,
        delivery: { kind: 'queued' },
      },
      [...items.map(putOutboxItem), this.#timestamps.put()],
    )
    return { message, items }
  }

  #message(account: AccountId, text: string, sentAt: UnixMillis): OutboxItem {
    return this.#item('message', account, account, this.#content(account, text, sentAt), sentAt)
  }

  /** A note to oneself is nothing but the copy for the other devices. docs/protocol/envelope.md §6. */
  #content(account: AccountId, text: string, timestamp: UnixMillis): Content {
    const syncTarget = account === this.accountId ? account : undefined
    return buildContent({ kind: 'visible', text }, { timestamp, profile: this.#profile(), syncTarget })
  }

  #response(account: AccountId, sentAt: UnixMillis): OutboxItem {
    const content = buildContent({ kind: 'requestResponse' }, { timestamp: sentAt, profile: this.#profile() })
    return this.#item('response', account, account, content, sentAt)
  }

  #profile(): SenderProfile | undefined {
    const { displayName, nameUpdated } = this.#account
    return displayName === undefined ? undefined : { name: displayName, updatedSeconds: nameUpdated }
  }

  async #syncCopyOf(place: MessagePlace): Promise<Uint8Array | undefined> {
    const message = await this.#book.get(place)
    if (message?.body.kind !== 'text') return undefined
    const { sentAt: timestamp } = place
    const syncTarget = parseAccountId(place.conversation)
    return this.#seal(
      this.accountId,
      buildContent({ kind: 'visible', text: message.body.text }, { timestamp, syncTarget }),
      timestamp,
    )
  }

  #item(
    kind: OutboxItem['kind'],
    conversation: AccountId,
    owner: AccountId,
    content: Content,
    sentAt: UnixMillis,
  ): OutboxItem {
    return {
      order: this.#outbox.takeOrder(),
      kind,
      conversation: conversation as string as ConversationId,
      sentAt,
      owner,
      data: this.#seal(owner, content, sentAt),
      queuedAt: this.#options.net.time.now(),
    }
  }

  #seal(recipient: AccountId, content: Content, timestamp: UnixMillis): Uint8Array {
    const { crypto, random } = this.#options
    return buildStoredMessage({ crypto, random, sender: this.keys, recipient, content, timestamp })
  }

  #queuedView(conversation: ConversationId): Delivery {
    const { net, network } = this.#options
    const of = net.requests.swarmOf(parseAccountId(conversation))?.members.length ?? network.parameters.swarmSize
    return { kind: 'queued', waitingForNetwork: !net.isConnected, of }
  }

  #connectionChanged(isConnected: boolean): void {
    if (isConnected) {
      this.#outbox.wake()
      this.#inbox.wake()
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
