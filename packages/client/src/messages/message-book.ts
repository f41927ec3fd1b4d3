/** Conversations and their messages: every operation on them, one after the other. What each does is in a file of its own. */
import { type AccountId, MalformedInputError, type MessageHash, type UnixMillis, unixMillis } from '@starling/protocol'
import type { ConversationChange, ConversationId, ImportSummary, MessageId, MessageView } from '../api.ts'
import type { SealedChange } from '../store/sealed-store.ts'
import type { Arrival } from './arrival.ts'
import { BookCore, type BookOptions, type Commit, idOf, type MessageEvent } from './book-core.ts'
import { type ConversationRecord, withChange } from './conversation-record.ts'
import { type Deletion, deleteConversation, deleteMessages, expireMessage } from './deleting.ts'
import { type DeliveryRecord, withDelivery } from './delivery-record.ts'
import type { Due } from './due-record.ts'
import { applyEffect, type EffectArrival } from './effects.ts'
import { type Filed, type FilingPolicy, fileMessage } from './filing.ts'
import { importMessages } from './importing.ts'
import { firstUnread, type HistoryPage, type PageRange, readPage } from './message-pages.ts'
import { type MessagePlace, messageId, placeOf } from './message-place.ts'
import { type MessageRecord, withDeadline, withHash } from './message-record.ts'
import { markRead, type ReadingPolicy } from './reading.ts'
import { learnExpiry } from './timers.ts'

export type BookPolicy = FilingPolicy & ReadingPolicy
export type MessageBookOptions = BookOptions & { readonly policy: BookPolicy }

/** What goes with the word that a message was stored. */
export type DeliveryChange = {
  readonly others?: readonly SealedChange[]
  /** The own swarm has it, or will. */
  readonly hash?: MessageHash | undefined
}

export type Addition = {
  readonly others?: readonly SealedChange[]
  /** What changes in the conversation with it. */
  readonly change?: (record: ConversationRecord) => ConversationRecord
}

/** What the outbox does again if it is lost with the power. */
const RELAXED = { durability: 'relaxed' } as const

export class MessageBook {
  readonly #core: BookCore
  readonly #policy: BookPolicy

  constructor(options: MessageBookOptions) {
    this.#core = new BookCore(options)
    this.#policy = options.policy
  }

  /** Runs `fn` when no event is under way, and none begins meanwhile. `fn` must not wait for another event. */
  exclusively<T>(fn: () => Promise<T>): Promise<T> {
    return this.#core.exclusively(fn)
  }

  conversation(id: ConversationId): ConversationRecord | undefined {
    return this.#core.conversation(id)
  }

  get(place: MessagePlace): Promise<MessageRecord | undefined> {
    return this.#core.get(place)
  }

  listen(id: ConversationId, listener: (event: MessageEvent) => void): () => void {
    return this.#core.listen(id, listener)
  }

  page(id: ConversationId, range: PageRange): Promise<HistoryPage> {
    return readPage(this.#core, id, range)
  }

  firstUnread(id: ConversationId): Promise<MessagePlace | undefined> {
    return firstUnread(this.#core, id)
  }

  view(id: ConversationId, message: MessageRecord): Promise<MessageView> {
    return this.#core.view(id, message)
  }

  /** Adds what an archive has of a conversation. */
  import(archived: ConversationRecord, messages: readonly MessageRecord[]): Promise<ImportSummary> {
    return this.exclusively(() => importMessages(this.#core, archived, messages))
  }

  /** The conversation with an account; made, as accepted, if there is none. */
  open(account: AccountId): Promise<ConversationId> {
    return this.exclusively(async () => {
      const id = account as string as ConversationId
      const known = this.conversation(id)
      if (known !== undefined && !known.hidden) return id
      const record = this.#core.conversationWith(account, this.#core.now())
      const accepted = known?.accepted ?? true
      await this.#core.commit({ record: { ...record, accepted, answered: known?.answered ?? true, hidden: undefined } })
      return id
    })
  }

  /** A conversation that another device began. */
  begin(record: ConversationRecord): Promise<void> {
    return this.exclusively(async () => {
      if (this.conversation(idOf(record)) === undefined) await this.#core.commit({ record })
    })
  }

  /** Files what came from the swarm; idempotent by author and time. */
  file(arrival: Arrival): Promise<Filed> {
    return this.exclusively(() => fileMessage(this.#core, arrival, this.#policy))
  }

  /** What a message that came does to others. */
  apply(effect: EffectArrival): Promise<void> {
    return this.exclusively(() => applyEffect(this.#core, effect, this.#policy))
  }

  /** The same for what we do ourselves. Only inside `exclusively`. */
  applyOwn(effect: EffectArrival): Promise<void> {
    return applyEffect(this.#core, effect, this.#policy)
  }

  /** Writes own messages with whatever else belongs to them; the ID of the last. Only inside `exclusively`. */
  async add(
    account: AccountId,
    messages: readonly [MessageRecord, ...MessageRecord[]],
    { others, change }: Addition = {},
  ): Promise<MessageId> {
    const known = this.#core.conversationWith(account, this.#core.now())
    const before = change === undefined ? known : change(known)
    const isText = messages.some(({ body }) => body.kind === 'text')
    const record = {
      ...before,
      accepted: true,
      answered: true,
      hidden: undefined,
      ...(isText ? { draft: '', draftQuote: undefined } : {}),
    }
    const due = messages.flatMap((message) => {
      const { deadline: at } = message.expiry ?? {}
      return at === undefined ? [] : [{ at, kind: 'expire' as const, place: placeOf(idOf(before), message) }]
    })
    await this.#core.commit({ record, put: messages, due, others: others ?? [] })
    return messageId(placeOf(idOf(before), messages.at(-1)!))
  }

  /** How an own message fares now, with whatever else belongs to it. Only inside `exclusively`. */
  async setDelivery(
    place: MessagePlace,
    delivery: DeliveryRecord,
    { others = [], hash }: DeliveryChange = {},
  ): Promise<void> {
    const message = await this.get(place)
    const record = this.conversation(place.conversation)
    if (message === undefined || record === undefined) {
      await this.#core.options.store.write(others, RELAXED)
      return
    }
    const told = { ...message, delivery: withDelivery(message.delivery, delivery) }
    const hashed = hash === undefined ? told : withHash(told, hash)
    // What we sent counts as read once it is stored.
    const isTimed = delivery.kind === 'stored' && hashed.expiry !== undefined && hashed.expiry.deadline === undefined
    const at = unixMillis(this.#core.now() + (hashed.expiry?.seconds ?? 0) * 1000)
    const put = [isTimed ? withDeadline(hashed, at) : hashed]
    await this.#core.commit({ record, put, due: isTimed ? [{ at, kind: 'expire', place }] : [], others, ...RELAXED })
  }

  /** Publishes anew what depends on the moment: whether a message waits for the network. */
  refresh(place: MessagePlace): Promise<void> {
    return this.exclusively(async () => {
      const message = await this.get(place)
      const record = this.conversation(place.conversation)
      if (message === undefined || record === undefined) return
      this.#core.options.index.show(record)
      await this.#core.tell(record, message)
    })
  }

  /** What was before; `undefined`: there is no such conversation. */
  change(id: ConversationId, change: ConversationChange): Promise<ConversationRecord | undefined> {
    return this.update(id, (record) => withChange(record, change))
  }

  /** Changes a conversation as a whole; what was before. */
  update(
    id: ConversationId,
    fn: (record: ConversationRecord) => ConversationRecord,
    others: readonly SealedChange[] = [],
  ): Promise<ConversationRecord | undefined> {
    return this.exclusively(async () => {
      const before = this.conversation(id)
      if (before !== undefined) await this.#core.commit({ record: fn(before), others })
      return before
    })
  }

  /** What is owed to a contact is on its way. Only inside `exclusively`. */
  async settle(record: ConversationRecord, others: Pick<Commit, 'items' | 'others'>): Promise<void> {
    await this.#core.commit({ record: { ...record, owed: undefined }, ...others })
  }

  /** Everything up to and including this place was seen on this device. */
  markRead(place: MessagePlace): Promise<boolean> {
    return this.exclusively(() => markRead(this.#core, place, { policy: this.#policy, isHere: true }))
  }

  /** The same on another device of ours, which has told whom it concerns. */
  markReadElsewhere(conversation: ConversationId, sentAt: UnixMillis): Promise<boolean> {
    const place = { conversation, sentAt, direction: 'outgoing' } as const
    return this.exclusively(() => markRead(this.#core, place, { policy: this.#policy, isHere: false }))
  }

  /** What the swarm says of a message whose time runs here. */
  learnExpiry(due: Pick<Due, 'place' | 'done'>, expiries: ReadonlyMap<MessageHash, UnixMillis>): Promise<void> {
    return this.exclusively(() => learnExpiry(this.#core, due, expiries))
  }

  /** Deletes a message from this device, with whatever else belongs to it. */
  deleteMessage(place: MessagePlace, others: readonly SealedChange[]): Promise<void> {
    return this.exclusively(() => deleteMessages(this.#core, [place], { others }))
  }

  /** Messages of one conversation. Only inside `exclusively`. */
  deleteMessages(places: readonly MessagePlace[], deletion: Deletion): Promise<void> {
    return deleteMessages(this.#core, places, deletion)
  }

  /** Whether it was there, and its time is over. `cancel`: what to write so that it is not sent any more. */
  expire(place: MessagePlace, cancel: () => readonly SealedChange[] = () => []): Promise<boolean> {
    return this.exclusively(() => expireMessage(this.#core, place, cancel))
  }

  /** Deletes a conversation and its messages from this device. */
  deleteConversation(id: ConversationId): Promise<void> {
    return this.exclusively(() => deleteConversation(this.#core, id, { isWanted: true }))
  }
}

/** @throws {MalformedInputError} `account_id`: no such conversation */
export function unknownConversation(): MalformedInputError {
  return new MalformedInputError('account_id', 'unknown conversation')
}
