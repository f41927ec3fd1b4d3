/**
 * What a person does with conversations and messages. Invariant: whatever is done is on the disk, with all that the outbox needs
 * for it, in one write, before anybody is told.
 */
import {
  type AccountId,
  days,
  type Expiration,
  MAX_TEXT_LENGTH,
  MessageTextError,
  millis,
  minutes,
  parseAccountId,
  seconds,
  splitText,
  type UnixMillis,
} from '@starling/protocol'
import type { Clock } from '@starling/runtime'
import type { ConversationChange, ConversationId, MessageDraft, MessageId } from '../api.ts'
import { ActionError } from '../client-error.ts'
import { attachmentRecord, outgoingAttachment, outgoingPreview, previewRecord } from '../messages/attachment-record.ts'
import { type ConversationRecord, isMutual } from '../messages/conversation-record.ts'
import type { EventLog } from '../messages/event-log.ts'
import { type MessageBook, unknownConversation } from '../messages/message-book.ts'
import { type MessagePlace, parseMessageId } from '../messages/message-place.ts'
import type { MessageRecord } from '../messages/message-record.ts'
import type { Outbox } from '../messages/outbox.ts'
import { type OutboxItem, putOutboxItem } from '../messages/outbox-record.ts'
import type { Timestamps } from '../messages/timestamps.ts'
import type { TypingNotices } from '../messages/typing-notices.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import type { Outgoing } from './outgoing.ts'

/** So that the answer to a request sorts before the reply that gave it. docs/protocol/envelope.md §7. */
const RESPONSE_LEAD = millis(100)
const MAX_REACTIONS_A_MINUTE = 20
/** Of one text: 40,000 code points. */
const MAX_PARTS = 20
const LONGEST_TIMER = days(14)

export type ActionsOptions = {
  readonly clock: Clock
  readonly store: SealedStore
  readonly self: AccountId
  readonly book: MessageBook
  readonly outbox: Outbox
  readonly outgoing: Outgoing
  readonly timestamps: Timestamps
  readonly typing: TypingNotices
  readonly events: EventLog
  /** What else is written when a conversation is deleted by hand. */
  readonly erase: (id: ConversationId) => readonly SealedChange[]
}

export class Actions {
  readonly #options: ActionsOptions
  /** When the last reactions were sent. */
  #reacted: readonly number[] = []

  constructor(options: ActionsOptions) {
    this.#options = options
  }

  async send(conversation: ConversationId, draft: string | MessageDraft): Promise<MessageId> {
    const { book, outbox, typing, events } = this.#options
    const account = parseAccountId(conversation)
    const { message, items } = await book.exclusively(() => this.#send(account, asDraft(draft)))
    for (const item of items) outbox.submit(item)
    typing.sent(conversation)
    events.note('thisDevice', 'message.queued')
    return message
  }

  async retry(message: MessageId): Promise<void> {
    const { book, outbox, outgoing } = this.#options
    const place = parseMessageId(message)
    const item = await book.exclusively(async () => {
      const found = await book.get(place)
      if (found?.delivery?.kind !== 'failed') return undefined
      const made = outgoing.message(parseAccountId(place.conversation), found)
      if (made === undefined) return undefined
      await book.setDelivery(place, { kind: 'queued' }, { others: [putOutboxItem(made)] })
      return made
    })
    if (item !== undefined) outbox.submit(item)
    else outbox.wake()
  }

  async react(message: MessageId, emoji: string, isOn: boolean): Promise<void> {
    const { book, outbox, outgoing, timestamps, self, events } = this.#options
    const place = parseMessageId(message)
    const item = await book.exclusively(async () => {
      const found = await this.#existing(place)
      const record = this.#conversation(place.conversation)
      const known = found.reactions?.find((reaction) => reaction.author === self && reaction.emoji === emoji)
      if ((known?.isOn ?? false) === isOn) return undefined
      if (found.deleted || !record.accepted || record.blocked) throw new ActionError('not_allowed')
      this.#limitReactions()
      const sentAt = timestamps.next()
      const target = { author: found.author, sentAt: found.sentAt }
      const made = outgoing.control({
        conversation: record.account,
        draft: { kind: 'reaction', target, emoji, action: isOn ? 'react' : 'remove' },
        sentAt,
        expiration: record.expiration,
      })
      const effect = { kind: 'reaction', place, reaction: { author: self, emoji, at: sentAt, isOn } } as const
      const marks = [putOutboxItem(made), timestamps.put()]
      await book.applyOwn({ conversation: place.conversation, effect, isIncoming: false, sentAt, marks })
      return made
    })
    if (item === undefined) return
    outbox.submit(item)
    events.note('thisDevice', 'reaction.queued')
  }

  async setExpiration(id: ConversationId, expiration: Expiration | undefined): Promise<void> {
    const { book, outbox, outgoing, timestamps, self } = this.#options
    const account = parseAccountId(id)
    this.#checkExpiration(account, expiration)
    const item = await book.exclusively(async () => {
      const { expiration: before } = this.#conversation(id)
      if (before?.mode === expiration?.mode && before?.seconds === expiration?.seconds) return undefined
      const sentAt = timestamps.next()
      const message: MessageRecord = {
        author: self,
        direction: 'outgoing',
        body: { kind: 'notice', notice: { kind: 'timerChanged', ...(expiration && { expiration }) } },
        sentAt,
        delivery: { kind: 'queued' },
      }
      const made = outgoing.message(account, message)
      if (made === undefined) return undefined
      const change = (record: ConversationRecord) => ({ ...record, expiration })
      await book.add(account, [message], { others: [putOutboxItem(made), timestamps.put()], change })
      return made
    })
    if (item !== undefined) outbox.submit(item)
  }

  async reportMediaSaved(message: MessageId): Promise<void> {
    const { book, outbox, outgoing, timestamps, store } = this.#options
    const place = parseMessageId(message)
    const item = await book.exclusively(async () => {
      await this.#existing(place)
      const record = this.#conversation(place.conversation)
      if (place.direction === 'outgoing' || !isMutual(record)) return undefined
      const draft = { kind: 'dataExtraction', what: 'mediaSaved', at: place.sentAt } as const
      const sentAt = timestamps.next()
      const made = outgoing.control({ conversation: record.account, draft, sentAt, expiration: record.expiration })
      await store.write([putOutboxItem(made), timestamps.put()])
      return made
    })
    if (item !== undefined) outbox.submit(item)
  }

  async updateConversation(id: ConversationId, change: ConversationChange): Promise<void> {
    const { book, outbox, outgoing, timestamps, store } = this.#options
    const before = await book.change(id, change)
    if (before === undefined) throw unknownConversation()
    if (change.accepted !== true || before.answered) return
    const item = await book.exclusively(async () => {
      const made = outgoing.response(before.account, timestamps.next())
      await store.write([putOutboxItem(made), timestamps.put()])
      return made
    })
    await book.update(id, (record) => ({ ...record, answered: true }))
    outbox.submit(item)
  }

  async deleteConversation(id: ConversationId): Promise<void> {
    const { book, outbox, store, erase } = this.#options
    const changes = [...outbox.cancelAll(id), ...erase(id)]
    if (changes.length > 0) await store.write(changes)
    await book.deleteConversation(id)
  }

  /** Writes the message, or several of a long text, the response to a request where it is one, and what the outbox needs: all or nothing. */
  async #send(account: AccountId, draft: MessageDraft): Promise<{ message: MessageId; items: OutboxItem[] }> {
    const { book, outgoing, timestamps, self } = this.#options
    const id = account as string as ConversationId
    const record = book.conversation(id)
    const isReply = record !== undefined && !record.answered && account !== self
    const quote = draft.quote && (await this.#quoted(id, draft.quote))
    const items: OutboxItem[] = []
    const first = timestamps.next()
    const sentAt = isReply ? timestamps.next(RESPONSE_LEAD) : first
    const facts = { self, expiration: record?.expiration }
    const [one, ...more] = partsOf(draft)
    const messages: [MessageRecord, ...MessageRecord[]] = [messageOf(one, { ...facts, sentAt, quote })]
    for (const part of more) messages.push(messageOf(part, { ...facts, sentAt: timestamps.next(), quote: undefined }))
    if (isReply) items.push(outgoing.response(account, first))
    items.push(...messages.flatMap((message) => outgoing.message(account, message) ?? []))
    const others = [...items.map(putOutboxItem), timestamps.put()]
    return { message: await book.add(account, messages, { others }), items }
  }

  async #quoted(id: ConversationId, quoted: MessageId): Promise<MessageRecord> {
    const place = parseMessageId(quoted)
    if (place.conversation !== id) throw new ActionError('unknown_message')
    return this.#existing(place)
  }

  #checkExpiration(account: AccountId, expiration: Expiration | undefined): void {
    if (expiration === undefined) return
    const isPossible = expiration.mode === 'afterSend' || account !== this.#options.self
    const life = expiration.seconds * 1000
    const isWithin = Number.isInteger(expiration.seconds) && life >= seconds(1) && life <= LONGEST_TIMER
    if (!isPossible || !isWithin) throw new ActionError('not_allowed')
  }

  #limitReactions(): void {
    const now = this.#options.clock.monotonic()
    const recent = this.#reacted.filter((at) => now - at < minutes(1))
    if (recent.length >= MAX_REACTIONS_A_MINUTE) throw new ActionError('rate_limited')
    this.#reacted = [...recent, now]
  }

  async #existing(place: MessagePlace): Promise<MessageRecord> {
    const message = await this.#options.book.get(place)
    if (message === undefined) throw new ActionError('unknown_message')
    return message
  }

  #conversation(id: ConversationId): ConversationRecord {
    const record = this.#options.book.conversation(id)
    if (record === undefined) throw unknownConversation()
    return record
  }
}

function asDraft(draft: string | MessageDraft): MessageDraft {
  return typeof draft === 'string' ? { text: draft } : draft
}

/** A long text as several messages; what else is in the draft goes with the first, a preview with what names its link. */
function partsOf(draft: MessageDraft): readonly [MessageDraft, ...MessageDraft[]] {
  const { text = '', preview, ...rest } = draft
  // UTF-16 units are never fewer than code points.
  const texts = text.length <= MAX_TEXT_LENGTH ? [text] : splitText(text)
  if (texts.length < 2) return [draft]
  if (texts.length > MAX_PARTS) throw new MessageTextError('too_long', text.length)
  const named = preview && texts.findIndex((one) => one.includes(preview.url))
  const parts = texts.map((one, i) => ({ ...(i === 0 && rest), text: one, ...(i === named && preview && { preview }) }))
  return [parts[0]!, ...parts.slice(1)]
}

type MessageFacts = {
  readonly self: AccountId
  readonly sentAt: UnixMillis
  readonly expiration: Expiration | undefined
  readonly quote: MessageRecord | undefined
}

function messageOf({ text = '', attachments = [], preview }: MessageDraft, facts: MessageFacts): MessageRecord {
  const { self, sentAt, expiration, quote } = facts
  const deadline = expiration?.mode === 'afterSend' ? sentAt + expiration.seconds * 1000 : undefined
  return {
    author: self,
    direction: 'outgoing',
    body: { kind: 'text', text },
    sentAt,
    delivery: { kind: 'queued' },
    ...(quote && { quote: { author: quote.author, sentAt: quote.sentAt } }),
    ...(attachments.length > 0
      ? { attachments: attachments.map((attachment) => attachmentRecord(outgoingAttachment(attachment))) }
      : {}),
    ...(preview && { previews: [previewRecord(outgoingPreview(preview))] }),
    ...(expiration && { expiry: { ...expiration, deadline: deadline as UnixMillis | undefined } }),
  }
}
