/**
 * Conversations and their messages. Invariants: every event is one atomic write, and what is published was written; events
 * happen one after the other; a place (author and time) is taken once, also by a message that was deleted since.
 */
import { type AccountId, days, MalformedInputError, type UnixMillis, unixMillis } from '@starling/protocol'
import type { ConversationChange, ConversationId, Delivery, MessageId, MessageView } from '../api.ts'
import type { NetworkTime } from '../network-time.ts'
import { SerialQueue } from '../serial-queue.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'
import type { ConversationIndex } from './conversation-index.ts'
import {
  type ConversationRecord,
  createConversation,
  withChange,
  withMessage,
  withProfile,
} from './conversation-record.ts'
import {
  type DeliveryRecord,
  type MessagePlace,
  type MessageRecord,
  messageId,
  messageName,
  messageRecord,
  messageSort,
  messageView,
  placeOf,
  placeOfSort,
  unreadName,
} from './message-record.ts'
import type { SeenMessages } from './seen-messages.ts'

const PAGE = 500
/** A deleted message can come again for as long as swarms keep messages, and a while more. */
const TOMBSTONE_LIFE = days(30)

export type MessageEvent =
  | { readonly kind: 'put'; readonly place: MessagePlace; readonly view: MessageView; readonly unread: number }
  | { readonly kind: 'deleted'; readonly place: MessagePlace; readonly unread: number }
  | { readonly kind: 'read'; readonly unread: number }
  | { readonly kind: 'gone' }

/** A message that came from the swarm. */
export type Arrival = {
  readonly account: AccountId
  readonly message: MessageRecord
  /** Does not count as unread. */
  readonly isQuiet: boolean
  readonly profile?: { readonly name: string; readonly updatedSeconds: number }
  /** Written with it. */
  readonly marks: readonly SealedChange[]
}

export type MessageBookOptions = {
  readonly store: SealedStore
  readonly index: ConversationIndex
  readonly seen: SeenMessages
  readonly time: NetworkTime
  readonly self: AccountId
  readonly queued: (conversation: ConversationId) => Delivery
}

export type HistoryPage = { readonly messages: readonly MessageView[]; readonly isLast: boolean }

export class MessageBook {
  readonly #options: MessageBookOptions
  readonly #queue = new SerialQueue()
  readonly #listeners = new Map<ConversationId, Set<(event: MessageEvent) => void>>()

  constructor(options: MessageBookOptions) {
    this.#options = options
  }

  /** Runs `fn` when no event is under way, and none begins meanwhile. `fn` must not wait for another event. */
  exclusively<T>(fn: () => Promise<T>): Promise<T> {
    return this.#queue.run(fn)
  }

  conversation(id: ConversationId): ConversationRecord | undefined {
    return this.#options.index.get(id)
  }

  listen(id: ConversationId, listener: (event: MessageEvent) => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set()
    this.#listeners.set(id, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0) this.#listeners.delete(id)
    }
  }

  /** The conversation with an account; made, as accepted, if there is none. */
  open(account: AccountId): Promise<ConversationId> {
    const id = account as string as ConversationId
    return this.exclusively(async () => {
      if (this.conversation(id) !== undefined) return id
      const record = { ...createConversation(account, this.#now()), accepted: true, answered: true }
      await this.#write(record, [])
      return id
    })
  }

  /** Files what came from the swarm; idempotent by author and time. */
  file(arrival: Arrival): Promise<void> {
    return this.exclusively(() => this.#file(arrival))
  }

  async #file({ account, message, isQuiet, profile, marks }: Arrival): Promise<void> {
    const id = account as string as ConversationId
    const place = placeOf(id, message)
    const before = this.conversation(id) ?? createConversation(account, this.#clamp(message.sentAt))
    const isIncoming = message.direction === 'incoming'
    if ((isIncoming && before.blocked) || (await this.#isTaken(place, message.author))) {
      await this.#options.store.write(marks)
      return
    }
    const isUnread = isIncoming && !isQuiet
    // What another device of ours sent is an acceptance, too.
    const accepted = before.accepted || !isIncoming
    const filed = { ...withMessage(before, message, this.#now()), accepted, answered: before.answered || !isIncoming }
    const counted = { ...filed, unread: filed.unread + Number(isUnread) }
    const record = profile === undefined ? counted : withProfile(counted, profile)
    const unread: SealedChange[] = isUnread ? [{ kind: 'put', name: unreadName(place), value: new Uint8Array() }] : []
    await this.#write(record, [putMessage(id, message), ...unread, ...marks])
    this.#tell(record, message)
  }

  /** Writes an own message with whatever else belongs to it. Only inside `exclusively`. */
  async add(account: AccountId, message: MessageRecord, others: readonly SealedChange[]): Promise<MessageId> {
    const id = account as string as ConversationId
    const before = this.conversation(id) ?? createConversation(account, this.#now())
    const record = { ...withMessage(before, message, this.#now()), accepted: true, answered: true, draft: '' }
    await this.#write(record, [putMessage(id, message), ...others])
    this.#tell(record, message)
    return messageId(placeOf(id, message))
  }

  /** How an own message fares now, with whatever else belongs to it. Only inside `exclusively`. */
  async setDelivery(
    place: MessagePlace,
    delivery: DeliveryRecord,
    others: readonly SealedChange[] = [],
  ): Promise<void> {
    const message = await this.get(place)
    const before = this.conversation(place.conversation)
    if (message === undefined || before === undefined) {
      await this.#options.store.write(others)
      return
    }
    const changed = { ...message, delivery }
    const isLast = before.last?.sentAt === message.sentAt && before.last.direction === message.direction
    const record = isLast ? withMessage(before, changed, this.#now()) : before
    await this.#write(record, [putMessage(place.conversation, changed), ...others])
    this.#tell(record, changed)
  }

  async get(place: MessagePlace): Promise<MessageRecord | undefined> {
    const bytes = await this.#options.store.get(messageName(place))
    return bytes === undefined ? undefined : messageRecord.decode(bytes)
  }

  /** Publishes anew what depends on the moment: whether a message waits for the network. */
  refresh(place: MessagePlace): Promise<void> {
    return this.exclusively(async () => {
      const message = await this.get(place)
      const record = this.conversation(place.conversation)
      if (message === undefined || record === undefined) return
      this.#options.index.show(record)
      this.#tell(record, message)
    })
  }

  change(id: ConversationId, change: ConversationChange): Promise<ConversationRecord | undefined> {
    return this.exclusively(async () => {
      const before = this.conversation(id)
      if (before === undefined) return undefined
      await this.#write(withChange(before, change), [])
      return before
    })
  }

  /** They were told that we accept their messages. */
  setAnswered(id: ConversationId): Promise<void> {
    return this.exclusively(async () => {
      const record = this.conversation(id)
      if (record !== undefined) await this.#write({ ...record, answered: true }, [])
    })
  }

  /** Everything up to and including this place was seen. */
  markRead(place: MessagePlace): Promise<void> {
    return this.exclusively(async () => {
      const { conversation } = place
      const end = messageSort({ sentAt: place.sentAt, direction: place.direction })
      const to = Uint8Array.from([...end, 0]) // exclusive bound: the first key behind it
      for (;;) {
        const before = this.conversation(conversation)
        if (before === undefined) return
        const range = { table: TABLES.unread, partition: conversation, to, limit: PAGE }
        const read = await this.#options.store.list(range)
        if (read.length === 0 && !before.markedUnread) return
        const changes = read.map(({ sort }): SealedChange => ({ kind: 'delete', name: { ...range, sort } }))
        const record = { ...before, markedUnread: false, unread: Math.max(0, before.unread - read.length) }
        await this.#write(record, changes)
        this.#emit(conversation, { kind: 'read', unread: record.unread })
        if (read.length < PAGE) return
      }
    })
  }

  /** Deletes a message from this device, with whatever else belongs to it. */
  deleteMessage(place: MessagePlace, others: readonly SealedChange[]): Promise<void> {
    return this.exclusively(async () => {
      const { store, seen } = this.#options
      const message = await this.get(place)
      const before = this.conversation(place.conversation)
      if (message === undefined || before === undefined) return
      const wasUnread = (await store.get(unreadName(place))) !== undefined
      const now = this.#now()
      const record = { ...(await this.#withoutLast(before, message)), unread: before.unread - Number(wasUnread) }
      await this.#write(record, [
        { kind: 'delete', name: messageName(place) },
        { kind: 'delete', name: unreadName(place) },
        ...seen.mark(`${message.author} ${message.sentAt}`, unixMillis(now + TOMBSTONE_LIFE), now),
        ...others,
      ])
      this.#emit(place.conversation, { kind: 'deleted', place, unread: record.unread })
    })
  }

  /** Deletes a conversation and its messages from this device. */
  deleteConversation(id: ConversationId): Promise<void> {
    return this.exclusively(async () => {
      const { store, index } = this.#options
      for (const table of [TABLES.unread, TABLES.messages]) {
        for (;;) {
          const page = await store.list({ table, partition: id, limit: PAGE })
          await store.write(page.map(({ sort }) => ({ kind: 'delete', name: { table, partition: id, sort } })))
          if (page.length < PAGE) break
        }
      }
      const change = index.delete(id)
      if (change !== undefined) await store.write([change])
      index.hide(id)
      this.#emit(id, { kind: 'gone' })
    })
  }

  /** Up to `limit` messages after `after`, or before `before`, oldest first. */
  async page(
    id: ConversationId,
    range: { readonly after?: MessagePlace; readonly before?: MessagePlace; readonly limit: number },
  ): Promise<HistoryPage> {
    const { after, before, limit } = range
    const found = await this.#options.store.list({
      table: TABLES.messages,
      partition: id,
      ...(after && { from: Uint8Array.from([...messageSort(after), 0]) }),
      ...(before && { to: messageSort(before) }),
      limit: limit + 1,
      reverse: after === undefined,
    })
    const isLast = found.length <= limit
    const records = found.slice(0, limit).map(({ value }) => messageRecord.decode(value))
    const views = records.map((record) => this.#view(id, record))
    return { messages: after === undefined ? views.reverse() : views, isLast }
  }

  async firstUnread(id: ConversationId): Promise<MessagePlace | undefined> {
    const [first] = await this.#options.store.list({ table: TABLES.unread, partition: id, limit: 1 })
    return first && placeOfSort(id, first.sort)
  }

  async #isTaken(place: MessagePlace, author: AccountId): Promise<boolean> {
    const { store, seen } = this.#options
    if ((await store.get(messageName(place))) !== undefined) return true
    return seen.has(`${author} ${place.sentAt}`)
  }

  async #withoutLast(record: ConversationRecord, message: MessageRecord): Promise<ConversationRecord> {
    const { last } = record
    if (last?.sentAt !== message.sentAt || last.direction !== message.direction) return record
    const id = record.account as string as ConversationId
    const place = placeOf(id, message)
    const [previous] = await this.#options.store.list({
      table: TABLES.messages,
      partition: id,
      to: messageSort(place),
      limit: 1,
      reverse: true,
    })
    const { last: _, ...rest } = record
    return previous === undefined ? rest : withMessage(rest, messageRecord.decode(previous.value), this.#now())
  }

  async #write(record: ConversationRecord, changes: readonly SealedChange[]): Promise<void> {
    const { store, index } = this.#options
    await store.write([...changes, index.put(record)])
    index.show(record)
  }

  #tell(record: ConversationRecord, message: MessageRecord): void {
    const id = record.account as string as ConversationId
    const view = this.#view(id, message)
    this.#emit(id, { kind: 'put', place: placeOf(id, message), view, unread: record.unread })
  }

  #emit(id: ConversationId, event: MessageEvent): void {
    for (const listener of [...(this.#listeners.get(id) ?? [])]) listener(event)
  }

  #view(id: ConversationId, message: MessageRecord): MessageView {
    return messageView(id, message, () => this.#options.queued(id))
  }

  #now(): UnixMillis {
    return this.#options.time.now()
  }

  #clamp(time: UnixMillis): UnixMillis {
    return unixMillis(Math.min(time, this.#now()))
  }
}

function putMessage(id: ConversationId, message: MessageRecord): SealedChange {
  return { kind: 'put', name: messageName(placeOf(id, message)), value: messageRecord.encode(message) }
}

/** @throws {MalformedInputError} `account_id`: no such conversation */
export function unknownConversation(): MalformedInputError {
  return new MalformedInputError('account_id', 'unknown conversation')
}
