/**
 * What all that happens to conversations and their messages has in common. Invariants: every event is one atomic write, and
 * what is published was written; events happen one after the other; whoever listens hears of each in that order.
 */
import { type AccountId, type FilePointer, fromBase64, type RandomBytes, type UnixMillis } from '@starling/protocol'
import type { ConversationId, Delivery, MessageView } from '../api.ts'
import type { KeptFiles } from '../files/kept-files.ts'
import type { NetworkTime } from '../network-time.ts'
import type { SearchIndex } from '../search/search-index.ts'
import { SerialQueue } from '../serial-queue.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'
import { attachmentOf, filesOf } from './attachment-record.ts'
import type { ConversationIndex } from './conversation-index.ts'
import { type ConversationRecord, createConversation, withMessage } from './conversation-record.ts'
import { type Due, putDue } from './due-record.ts'
import { comparePlaces, type MessagePlace, messageName, messageSort, placeOf, unreadName } from './message-place.ts'
import { type MessageRecord, messageRecord, putMessage } from './message-record.ts'
import { messageView } from './message-view.ts'
import { type OutboxItem, putOutboxItem } from './outbox-record.ts'
import { deleteQuote, listQuoting, putQuote } from './quote-record.ts'
import { searchText } from './search-text.ts'
import type { SeenMessages } from './seen-messages.ts'

export type MessageEvent =
  | { readonly kind: 'put'; readonly place: MessagePlace; readonly view: MessageView; readonly unread: number }
  | { readonly kind: 'deleted'; readonly place: MessagePlace; readonly unread: number }
  | { readonly kind: 'read'; readonly unread: number }
  | { readonly kind: 'gone' }

/** Told after the write. */
export type BookHooks = {
  /** Something is to happen to a message at this time. */
  readonly onDue: (due: Pick<Due, 'at' | 'kind'>) => void
  /** The outbox has work. */
  readonly onQueued: (item: OutboxItem) => void
  /** A contact is owed receipts. */
  readonly onOwed: (conversation: ConversationId) => void
  /** Strangers sent more than this device keeps. */
  readonly onDropped: (what: 'request' | 'message', count: number) => void
}

export type BookOptions = {
  readonly store: SealedStore
  readonly index: ConversationIndex
  readonly seen: SeenMessages
  readonly time: NetworkTime
  readonly self: AccountId
  readonly random: RandomBytes
  readonly queued: (conversation: ConversationId) => Delivery
  readonly hooks: BookHooks
  readonly mirror: BookMirror
  /** Learns of every text in the write that brings or takes it. */
  readonly search?: Pick<SearchIndex, 'put' | 'remove' | 'removeConversation'>
  /** Pictures go in the write that takes their message. */
  readonly kept?: Pick<KeptFiles, 'forget' | 'forgetConversation'>
}

/** What the devices of the account share of conversations. */
export type BookMirror = {
  /** What they are to learn of a change. */
  readonly writes: (before: ConversationRecord | undefined, after: ConversationRecord) => readonly SealedChange[]
  /** A new conversation, with what they know of it. */
  readonly begin: (record: ConversationRecord) => ConversationRecord
}

/** One event: written at once, then published. */
export type Commit = {
  readonly record: ConversationRecord
  /** New messages, and changed ones. */
  readonly put?: readonly MessageRecord[]
  readonly remove?: readonly MessageRecord[]
  readonly due?: readonly Pick<Due, 'at' | 'kind' | 'place'>[]
  readonly items?: readonly OutboxItem[]
  readonly others?: readonly SealedChange[]
  /** `relaxed` for what the swarm gives again; `strict` unless told. */
  readonly durability?: 'strict' | 'relaxed'
}

export class BookCore {
  readonly options: BookOptions
  readonly #queue = new SerialQueue()
  readonly #listeners = new Map<ConversationId, Set<(event: MessageEvent) => void>>()

  constructor(options: BookOptions) {
    this.options = options
  }

  /** Runs `fn` when no event is under way, and none begins meanwhile. `fn` must not wait for another event. */
  exclusively<T>(fn: () => Promise<T>): Promise<T> {
    return this.#queue.run(fn)
  }

  now(): UnixMillis {
    return this.options.time.now()
  }

  conversation(id: ConversationId): ConversationRecord | undefined {
    return this.options.index.get(id)
  }

  /** The conversation with an account, as it is, or as it would begin. */
  conversationWith(account: AccountId, sentAt: UnixMillis): ConversationRecord {
    const began = Math.min(sentAt, this.now()) as UnixMillis
    const known = this.conversation(account as string as ConversationId)
    return known ?? this.options.mirror.begin(createConversation(account, began))
  }

  async get(place: MessagePlace): Promise<MessageRecord | undefined> {
    const bytes = await this.options.store.get(messageName(place))
    return bytes === undefined ? undefined : messageRecord.decode(bytes)
  }

  listen(id: ConversationId, listener: (event: MessageEvent) => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set()
    this.#listeners.set(id, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(id)
    }
  }

  /** Only inside `exclusively`. */
  async commit(commit: Commit): Promise<ConversationRecord> {
    const { put = [], remove = [], due = [], items = [], others = [], durability = 'strict' } = commit
    const { store, index, hooks, mirror } = this.options
    const id = idOf(commit.record)
    let record = remove.length === 0 ? commit.record : await this.#withoutLast(commit.record, remove)
    for (const message of put) record = withMessage(record, message, this.now())
    const changes = [
      ...(await this.#searchChanges(id, put, remove)),
      ...(await this.#fileChanges(record, put, remove)),
      ...put.flatMap((message) => [putMessage(id, message), ...putQuote(id, message)]),
      ...remove.flatMap((message) => removal(id, message)),
      ...this.dueChanges(due),
      ...items.map(putOutboxItem),
      ...others,
      ...mirror.writes(index.get(id), record),
      index.put(record),
    ]
    await store.write(changes, { durability })
    index.show(record)
    for (const message of put) await this.tell(record, message)
    for (const message of remove) await this.#tellRemoved(record, message)
    for (const entry of due) hooks.onDue(entry)
    for (const item of items) hooks.onQueued(item)
    return record
  }

  /** What to write so that something happens to a message later. */
  dueChanges(due: NonNullable<Commit['due']>): SealedChange[] {
    return due.map((entry) => putDue(this.options.random, entry))
  }

  /** Publishes a message, and those that quote it. */
  async tell(record: ConversationRecord, message: MessageRecord): Promise<void> {
    const id = idOf(record)
    if (!this.#listeners.has(id)) return
    await this.#tellOne(record, message)
    await this.#tellQuoting(record, message)
  }

  emit(id: ConversationId, event: MessageEvent): void {
    for (const listener of [...(this.#listeners.get(id) ?? [])]) listener(event)
  }

  view(id: ConversationId, message: MessageRecord): Promise<MessageView> {
    const { self, queued } = this.options
    return messageView(id, message, { self, queued: () => queued(id), get: (place) => this.get(place) })
  }

  /** Most changes of a message leave its text as it was. */
  async #searchChanges(
    id: ConversationId,
    put: readonly MessageRecord[],
    remove: readonly MessageRecord[],
  ): Promise<SealedChange[]> {
    const { search } = this.options
    if (search === undefined) return []
    const changes = remove.flatMap((message) => search.remove(placeOf(id, message)))
    for (const message of put) {
      const place = placeOf(id, message)
      const before = await this.get(place)
      const [was, is] = [before === undefined ? '' : searchText(before), searchText(message)]
      if (was === is) continue
      if (was !== '') changes.push(...search.remove(place))
      if (is !== '') changes.push(...search.put(place, is))
    }
    return changes
  }

  /** Of a placeholder nothing is left, and so no file; of a person only the picture that is theirs now. */
  async #fileChanges(
    record: ConversationRecord,
    put: readonly MessageRecord[],
    remove: readonly MessageRecord[],
  ): Promise<SealedChange[]> {
    const { kept, index } = this.options
    if (kept === undefined) return []
    const id = idOf(record)
    const before = index.get(id)
    const gone = [...remove]
    for (const message of put) if (message.deleted) gone.push((await this.get(placeOf(id, message))) ?? message)
    const isOther = before?.profilePicture?.url !== record.profilePicture?.url
    return kept.forget([...gone.flatMap(filesOf).map(attachmentOf), ...(isOther ? picturesOf(before) : [])])
  }

  async #tellRemoved(record: ConversationRecord, message: MessageRecord): Promise<void> {
    const id = idOf(record)
    if (!this.#listeners.has(id)) return
    this.emit(id, { kind: 'deleted', place: placeOf(id, message), unread: record.unread })
    await this.#tellQuoting(record, message)
  }

  async #tellQuoting(record: ConversationRecord, message: MessageRecord): Promise<void> {
    const id = idOf(record)
    for (const place of await listQuoting(this.options.store, placeOf(id, message))) {
      const quoting = await this.get(place)
      if (quoting !== undefined) await this.#tellOne(record, quoting)
    }
  }

  async #tellOne(record: ConversationRecord, message: MessageRecord): Promise<void> {
    const id = idOf(record)
    const view = await this.view(id, message)
    this.emit(id, { kind: 'put', place: placeOf(id, message), view, unread: record.unread })
  }

  /** The message before the removed ones becomes the last one, if one of them was. */
  async #withoutLast(record: ConversationRecord, removed: readonly MessageRecord[]): Promise<ConversationRecord> {
    const { last, ...rest } = record
    const id = idOf(record)
    if (last === undefined || !removed.some((message) => comparePlaces(message, last) === 0)) return record
    let to = messageSort(last)
    for (;;) {
      const range = { table: TABLES.messages, partition: id, to, limit: 1, reverse: true }
      const [previous] = await this.options.store.list(range)
      if (previous === undefined) return rest
      const message = messageRecord.decode(previous.value)
      const isRemoved = removed.some((other) => comparePlaces(other, message) === 0)
      if (!isRemoved) return withMessage(rest, message, this.now())
      to = messageSort(message)
    }
  }
}

export function idOf({ account }: Pick<ConversationRecord, 'account'>): ConversationId {
  return account as string as ConversationId
}

/** The picture of a person, if they have one. */
export function picturesOf(record: ConversationRecord | undefined): FilePointer[] {
  const picture = record?.profilePicture
  return picture === undefined ? [] : [{ url: picture.url, key: fromBase64(picture.key) }]
}

function removal(id: ConversationId, message: MessageRecord): SealedChange[] {
  const place = placeOf(id, message)
  return [
    { kind: 'delete', name: messageName(place) },
    { kind: 'delete', name: unreadName(place) },
    ...deleteQuote(id, message),
  ]
}
