/**
 * The parts of an account at work, and how they know each other. Where two need one another, one gets a function that finds the
 * other when it is called: nothing is called before all are made.
 */
import {
  type AccountId,
  type AccountKeys,
  type NetworkFile,
  parseAccountId,
  type SenderProfile,
  type UnixMillis,
} from '@starling/protocol'
import type { TaskGroup } from '@starling/runtime'
import type { ConversationId, Delivery } from '../api.ts'
import type { ConfigChanges } from '../config/config-facade.ts'
import { ConfigSync } from '../config/config-sync.ts'
import { FileKeeper } from '../files/file-keeper.ts'
import { KeptFiles } from '../files/kept-files.ts'
import { Arrivals } from '../messages/arrivals.ts'
import type { BookHooks } from '../messages/book-core.ts'
import { ConversationIndex } from '../messages/conversation-index.ts'
import type { ConversationRecord, ReceiptKind } from '../messages/conversation-record.ts'
import { queueOf } from '../messages/due-record.ts'
import { EventLog } from '../messages/event-log.ts'
import { Expiring } from '../messages/expiring.ts'
import { Inbox, type InboxOptions } from '../messages/inbox.ts'
import { LearningExpiries } from '../messages/learning-expiries.ts'
import { type BookPolicy, MessageBook } from '../messages/message-book.ts'
import type { MessagePlace } from '../messages/message-place.ts'
import { NewerMessages } from '../messages/newer-messages.ts'
import { Outbox } from '../messages/outbox.ts'
import { putOutboxItem } from '../messages/outbox-record.ts'
import { OwnSwarm } from '../messages/own-swarm.ts'
import { Receipts } from '../messages/receipts.ts'
import { storedTexts } from '../messages/search-text.ts'
import { SeenMessages } from '../messages/seen-messages.ts'
import { MessageStorage } from '../messages/store-message.ts'
import { Timestamps } from '../messages/timestamps.ts'
import { TypingContacts } from '../messages/typing-contacts.ts'
import { TypingNotices } from '../messages/typing-notices.ts'
import type { Network } from '../network.ts'
import type { NetworkTime } from '../network-time.ts'
import type { Paths } from '../paths/paths.ts'
import { SearchIndex } from '../search/search-index.ts'
import type { SwarmRequests } from '../swarm/swarm-requests.ts'
import { Actions } from './actions.ts'
import { applyConfigChanges } from './config-changes.ts'
import { ConfigMirror } from './config-mirror.ts'
import { DeletedConversations } from './deleted-conversations.ts'
import { Deletions } from './deletions.ts'
import type { MessengerOptions } from './messenger.ts'
import { Outgoing } from './outgoing.ts'

export type ServicesOptions = MessengerOptions & {
  readonly keys: AccountKeys
  readonly tasks: TaskGroup
  /** What others see of us. */
  readonly profile: () => SenderProfile | undefined
}

/** What most parts are made with. */
type Shared = Omit<ServicesOptions, 'events'> & {
  readonly self: AccountId
  readonly time: NetworkTime
  readonly paths: Paths
  readonly requests: SwarmRequests
  readonly seen: SeenMessages
  readonly newer: NewerMessages
  readonly events: EventLog
  readonly timestamps: Timestamps
  readonly index: ConversationIndex
  readonly queued: (conversation: ConversationId) => Delivery
}

export class Services {
  readonly index: ConversationIndex
  readonly newer: NewerMessages
  readonly events: EventLog
  readonly timestamps: Timestamps
  readonly mirror: ConfigMirror
  readonly search: SearchIndex
  readonly kept: KeptFiles
  readonly keeper: FileKeeper
  readonly book: MessageBook
  readonly outbox: Outbox
  readonly outgoing: Outgoing
  readonly typing: TypingNotices
  readonly receipts: Receipts
  readonly expiring: Expiring
  readonly learning: LearningExpiries
  readonly actions: Actions
  readonly deletions: Deletions
  readonly configs: ConfigSync
  readonly deleted: DeletedConversations
  readonly inbox: Inbox

  constructor(options: ServicesOptions) {
    const shared = sharedOf(options)
    const { store, self, time, index } = shared
    this.index = index
    this.newer = shared.newer
    this.events = shared.events
    this.timestamps = shared.timestamps
    this.mirror = new ConfigMirror({ self, now: () => time.now(), shared: () => this.configs.shared })
    this.search = new SearchIndex({ ...shared, texts: storedTexts(store, index) })
    this.kept = new KeptFiles({ store, now: () => time.now() })
    const { kept, mirror, search } = this
    this.book = new MessageBook({ ...shared, search, kept, mirror, ...bookLinks(this, shared) })
    this.keeper = new FileKeeper({ book: this.book, kept, logger: shared.logger.child('files') })
    const storage = new MessageStorage(shared)
    const ownSwarm = new OwnSwarm(shared)
    this.outbox = createOutbox(this, shared, storage, ownSwarm)
    this.outgoing = new Outgoing({ ...shared, takeOrder: () => this.outbox.takeOrder() })
    this.typing = createTyping(this, shared, storage)
    this.receipts = createReceipts(this, shared)
    const cancel = (place: MessagePlace) => this.outbox.cancel(place)
    this.expiring = new Expiring({ ...shared, logger: shared.logger.child('expiring'), book: this.book, cancel })
    this.learning = new LearningExpiries({
      ...shared,
      logger: shared.logger.child('expiries'),
      book: this.book,
      ownSwarm,
    })
    const erase = (id: ConversationId) => this.mirror.erase(parseAccountId(id))
    const { book, outbox, outgoing, typing } = this
    this.actions = new Actions({ ...shared, book, outbox, outgoing, typing, erase })
    this.deletions = new Deletions({ ...shared, book, outbox, outgoing })
    this.configs = createConfigs(this, shared)
    this.deleted = new DeletedConversations({ store, self, time, shared: this.configs.shared })
    this.inbox = createInbox(this, shared)
  }
}

function sharedOf(options: ServicesOptions): Shared {
  const { keys, net, network, store } = options
  const { paths, requests, time } = net
  const self = keys.accountId
  const queued = (conversation: ConversationId) => queuedView(conversation, net, network)
  return {
    ...options,
    self,
    time,
    paths,
    requests,
    queued,
    seen: new SeenMessages(store),
    newer: new NewerMessages(store),
    events: new EventLog(time, options.events),
    timestamps: new Timestamps(store, time),
    index: new ConversationIndex({ self, queued, now: () => time.now() }, options.conversations),
  }
}

function queuedView(conversation: ConversationId, net: Network, network: NetworkFile): Delivery {
  const of = net.requests.swarmOf(parseAccountId(conversation))?.members.length ?? network.parameters.swarmSize
  return { kind: 'queued', waitingForNetwork: !net.isConnected, of }
}

function bookLinks(services: Services, { events, settings }: Shared): { hooks: BookHooks; policy: BookPolicy } {
  const readState = () => services.configs.shared.readState
  return {
    hooks: {
      onDue: ({ at, kind }) => (queueOf(kind) === 'learn' ? services.learning : services.expiring).note(at),
      onQueued: (item) => services.outbox.submit(item),
      onOwed: (id) => services.receipts.note(id),
      onDropped: (what, count) => events.note('contact', `stranger.${what}_dropped`, count),
    },
    policy: {
      sendsDelivered: () => settings().deliveryReceipts,
      sendsRead: () => settings().readReceipts,
      makeJob: (job) => services.outgoing.job(job),
      readUpTo: (account) => readState().get(account).readUntil,
      readWrites: (account, readUntil) => readState().raise(account, readUntil),
    },
  }
}

function createOutbox(services: Services, shared: Shared, storage: MessageStorage, ownSwarm: OwnSwarm): Outbox {
  const { book } = services
  return new Outbox({
    ...shared,
    logger: shared.logger.child('outbox'),
    book,
    storage,
    ownSwarm,
    buildSyncCopy: async (place) => {
      services.inbox.noteActivity() // who wrote may be answered
      const message = await book.get(place)
      return message && services.outgoing.syncCopy(place.conversation, message)
    },
  })
}

function createTyping(services: Services, shared: Shared, storage: MessageStorage): TypingNotices {
  const { net, settings, store, timestamps } = shared
  return new TypingNotices({
    ...shared,
    storage,
    isConnected: () => net.isConnected,
    isOn: () => settings().typing,
    build: async (conversation, action) => {
      const sentAt = timestamps.next()
      await store.write([timestamps.put()])
      return services.outgoing.typing(conversation, action, sentAt)
    },
  })
}

function createReceipts({ book, outgoing }: Services, shared: Shared): Receipts {
  const { events, timestamps } = shared
  const build = ({ account, expiration }: ConversationRecord, kind: ReceiptKind, times: readonly UnixMillis[]) => {
    const draft = { kind: kind === 'read' ? 'readReceipt' : 'deliveryReceipt', timestamps: times } as const
    const item = outgoing.control({ conversation: account, draft, sentAt: timestamps.next(), expiration })
    events.note('thisDevice', `receipt.${kind}`, times.length)
    return { item, changes: [putOutboxItem(item), timestamps.put()] }
  }
  return new Receipts({ ...shared, logger: shared.logger.child('receipts'), book, build })
}

function createConfigs({ book, mirror }: Services, shared: Shared): ConfigSync {
  const { self, events, onProfile } = shared
  const onChange = (changes: ConfigChanges) => applyConfigChanges(changes, { book, mirror, self, events, onProfile })
  return new ConfigSync({ ...shared, logger: shared.logger.child('config'), onChange })
}

function createInbox({ book, configs, deleted }: Services, shared: Shared): Inbox {
  const { events, net, settings } = shared
  const typing = new TypingContacts({ ...shared, isOn: () => settings().typing })
  const isDeleted = deleted.has.bind(deleted)
  const arrivals = new Arrivals({ ...shared, book, typing, isDeleted })
  const onConfigs: InboxOptions['onConfigs'] = async (namespace, items) => {
    await configs.receive(namespace, items)
    await deleted.note(namespace, items)
    events.note('otherDevice', 'config.received', items.length)
  }
  const { view } = net.directory
  return new Inbox({ ...shared, logger: shared.logger.child('inbox'), arrivals, view, onConfigs })
}
