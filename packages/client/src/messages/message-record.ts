/** A message as this device keeps it. Its place in the conversation is its time; a place is taken once, so that it cannot be there twice. */
import { type AccountId, MalformedInputError, parseAccountId, type UnixMillis } from '@starling/protocol'
import * as z from 'zod/mini'
import type { ConversationId, Delivery, DeliveryFailure, MessageBody, MessageId, MessageView } from '../api.ts'
import { jsonRecord } from '../store/json-record.ts'
import type { RecordName } from '../store/sealed-store.ts'
import { numberSort, sortNumber } from '../store/sort-key.ts'
import { TABLES } from '../store/tables.ts'

/** How an own message fares, without what only holds at the moment. */
export type DeliveryRecord =
  | { readonly kind: 'queued' }
  | { readonly kind: 'stored'; readonly on: number; readonly of: number }
  | { readonly kind: 'failed'; readonly reason: DeliveryFailure }

export type MessageRecord = {
  readonly author: AccountId
  readonly direction: 'incoming' | 'outgoing'
  readonly body: MessageBody
  readonly sentAt: UnixMillis
  readonly delivery?: DeliveryRecord | undefined
}

/** Where a message stands: an author's times are unique, and a conversation has two authors. */
export type MessagePlace = {
  readonly conversation: ConversationId
  readonly sentAt: UnixMillis
  readonly direction: 'incoming' | 'outgoing'
}

export const accountIdSchema = z.pipe(
  z.string(),
  z.transform((text): AccountId => parseAccountId(text)),
)
const timeSchema = z.pipe(
  z.int().check(z.nonnegative()),
  z.transform((value) => value as UnixMillis),
)
export const deliverySchema = z.union([
  z.object({ kind: z.literal('queued') }),
  z.object({ kind: z.literal('stored'), on: z.int(), of: z.int() }),
  z.object({
    kind: z.literal('failed'),
    reason: z.enum(['refused', 'expired', 'clock_skew', 'too_large', 'unreachable']),
  }),
])
export const bodySchema = z.union([
  z.object({ kind: z.literal('text'), text: z.string() }),
  z.object({ kind: z.literal('unsupported') }),
])
export const directionSchema = z.enum(['incoming', 'outgoing'])
export { timeSchema }

export const messageRecord = jsonRecord<MessageRecord>(
  z.object({
    author: accountIdSchema,
    direction: directionSchema,
    body: bodySchema,
    sentAt: timeSchema,
    delivery: z.optional(deliverySchema),
  }),
)

/** Incoming before outgoing where the times are the same. */
export function messageSort({ sentAt, direction }: Pick<MessagePlace, 'sentAt' | 'direction'>): Uint8Array {
  return numberSort(sentAt, direction === 'incoming' ? 0 : 1)
}

export function placeOfSort(conversation: ConversationId, sort: Uint8Array): MessagePlace {
  return { conversation, sentAt: sortNumber(sort) as UnixMillis, direction: sort[8] === 0 ? 'incoming' : 'outgoing' }
}

export function messageName(place: MessagePlace): RecordName {
  return { table: TABLES.messages, partition: place.conversation, sort: messageSort(place) }
}

export function unreadName(place: MessagePlace): RecordName {
  return { table: TABLES.unread, partition: place.conversation, sort: messageSort(place) }
}

export function messageId({ conversation, sentAt, direction }: MessagePlace): MessageId {
  return `${conversation}.${sentAt}.${direction === 'incoming' ? 'i' : 'o'}` as MessageId
}

/** @throws {MalformedInputError} `account_id`, if it is no message ID of ours */
export function parseMessageId(id: MessageId): MessagePlace {
  const match = /^(05[0-9a-f]{64})\.(\d{1,16})\.([io])$/.exec(id)
  const sentAt = Number(match?.[2])
  if (match === null || !Number.isSafeInteger(sentAt)) throw new MalformedInputError('account_id', 'message ID')
  return {
    conversation: match[1] as ConversationId,
    sentAt: sentAt as UnixMillis,
    direction: match[3] === 'i' ? 'incoming' : 'outgoing',
  }
}

export function placeOf(conversation: ConversationId, { sentAt, direction }: MessageRecord): MessagePlace {
  return { conversation, sentAt, direction }
}

/** `queued` says what holds now of all that waits for this conversation. */
export function messageView(conversation: ConversationId, record: MessageRecord, queued: () => Delivery): MessageView {
  const { author, direction, body, sentAt, delivery } = record
  const id = messageId({ conversation, sentAt, direction })
  const nothing = { reactions: [], mentions: [], attachments: [], previews: [] }
  return { id, conversation, author, direction, body, sentAt, ...nothing, ...deliveryView(delivery, queued) }
}

export function deliveryView(delivery: DeliveryRecord | undefined, queued: () => Delivery): { delivery?: Delivery } {
  if (delivery === undefined) return {}
  return { delivery: delivery.kind === 'queued' ? queued() : delivery }
}
