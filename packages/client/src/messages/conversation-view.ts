/** A conversation as faces see it in a list. */
import { type AccountId, fromBase64, type UnixMillis } from '@starling/protocol'
import type { ConversationId, ConversationSummary, Delivery, MessageId } from '../api.ts'
import { type ConversationRecord, isMuted } from './conversation-record.ts'
import { deliveryView } from './delivery-record.ts'

export type SummaryContext = {
  readonly self: AccountId
  readonly queued: () => Delivery
  readonly isTyping: boolean
  readonly now: UnixMillis
}

export function conversationSummary(record: ConversationRecord, context: SummaryContext): ConversationSummary {
  const { account, accepted, nickname, profileName, profilePicture: picture, last, expiration } = record
  const { pinned, blocked, markedUnread, unread, draft, lastActivity, approvedMe } = record
  const muted = isMuted(record, context.now)
  return {
    id: account as string as ConversationId,
    kind: account === context.self ? 'noteToSelf' : accepted ? 'contact' : 'request',
    title: nickname ?? profileName ?? shortId(account),
    ...(profileName === undefined ? {} : { profileName }),
    ...(nickname === undefined ? {} : { nickname }),
    ...(picture && { picture: { url: picture.url, key: fromBase64(picture.key) } }),
    pinned,
    muted,
    ...(muted && record.mutedUntil !== undefined && { mutedUntil: record.mutedUntil }),
    ...(record.verified && { verified: true }),
    blocked,
    markedUnread,
    unread,
    ...(record.mentioned && { mentioned: true }),
    draft,
    ...(record.draftQuote !== undefined && { draftQuote: record.draftQuote as MessageId }),
    lastActivity,
    typing: context.isTyping,
    approvedMe,
    ...(expiration && { expiration }),
    ...(last && { last: lastView(last, context.queued) }),
  }
}

function lastView(
  last: NonNullable<ConversationRecord['last']>,
  queued: () => Delivery,
): NonNullable<ConversationSummary['last']> {
  const { direction, body, sentAt, delivery, deleted } = last
  return { direction, body, sentAt, ...deliveryView(delivery, queued), ...(deleted && { deleted }) }
}

function shortId(account: AccountId): string {
  return `${account.slice(0, 6)}…${account.slice(-4)}`
}
