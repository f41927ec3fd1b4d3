/** Where a message stands on this device, and how that is written. A place is taken once, so that a message cannot be there twice. */
import { type AccountId, MalformedInputError, type MessageRef, type UnixMillis } from '@starling/protocol'
import type { ConversationId, MessageId } from '../api.ts'
import type { RecordName } from '../store/sealed-store.ts'
import { numberSort, sortNumber } from '../store/sort-key.ts'
import { TABLES } from '../store/tables.ts'

/** An author's times are unique, and a conversation has two authors. */
export type MessagePlace = {
  readonly conversation: ConversationId
  readonly sentAt: UnixMillis
  readonly direction: 'incoming' | 'outgoing'
}

export const SORT_SIZE = 9

/** Incoming before outgoing where the times are the same. */
export function messageSort({ sentAt, direction }: Pick<MessagePlace, 'sentAt' | 'direction'>): Uint8Array {
  return numberSort(sentAt, direction === 'incoming' ? 0 : 1)
}

export function placeOfSort(conversation: ConversationId, sort: Uint8Array): MessagePlace {
  return { conversation, sentAt: sortNumber(sort) as UnixMillis, direction: sort[8] === 0 ? 'incoming' : 'outgoing' }
}

/** As the list of a conversation has them. */
export function comparePlaces(
  a: Pick<MessagePlace, 'sentAt' | 'direction'>,
  b: Pick<MessagePlace, 'sentAt' | 'direction'>,
): number {
  return a.sentAt - b.sentAt || Number(a.direction === 'outgoing') - Number(b.direction === 'outgoing')
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

export function placeOf(
  conversation: ConversationId,
  message: Pick<MessagePlace, 'sentAt' | 'direction'>,
): MessagePlace {
  return { conversation, sentAt: message.sentAt, direction: message.direction }
}

/** Where the message of this address stands in a conversation; `undefined`: its author does not take part in it. */
export function placeOfRef(
  conversation: ConversationId,
  { author, sentAt }: MessageRef,
  self: AccountId,
): MessagePlace | undefined {
  if (author === self) return { conversation, sentAt, direction: 'outgoing' }
  return author === (conversation as string) ? { conversation, sentAt, direction: 'incoming' } : undefined
}
