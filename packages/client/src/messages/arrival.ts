/** What a message from the swarm amounts to for our conversations. Pure. docs/protocol/envelope.md §6. */
import {
  type AccountId,
  days,
  type MessageHash,
  minutes,
  type OpenedMessage,
  type ReadContent,
  type RetrievedMessage,
  type SenderProfile,
  type UnixMillis,
  unixMillis,
  unreachable,
} from '@starling/protocol'
import type { ConversationId, MessageBody } from '../api.ts'
import type { SealedChange } from '../store/sealed-store.ts'
import { attachmentRecord, previewRecord } from './attachment-record.ts'
import type { ReceiptState } from './delivery-record.ts'
import type { Unsent } from './early-record.ts'
import { type MessagePlace, placeOfRef } from './message-place.ts'
import type { ExpiryRecord, MessageRecord } from './message-record.ts'
import type { ReactionRecord } from './reaction-record.ts'

/** A message that came from the swarm. */
export type Arrival = {
  readonly account: AccountId
  readonly message: MessageRecord
  /** Does not count as unread. */
  readonly isQuiet: boolean
  readonly profile?: SenderProfile | undefined
  /** Written with it. */
  readonly marks: readonly SealedChange[]
}

/** What changes other messages. */
export type Effect =
  | { readonly kind: 'reaction'; readonly place: MessagePlace; readonly reaction: ReactionRecord }
  | { readonly kind: 'unsend'; readonly place: MessagePlace; readonly how: Unsent }
  /** Another device of ours took back what we said: its copy does not say where. */
  | { readonly kind: 'unsendOwn'; readonly sentAt: UnixMillis }
  | { readonly kind: 'receipt'; readonly places: readonly MessagePlace[]; readonly state: ReceiptState }

export type Understood =
  | ({ readonly kind: 'message' } & Arrival)
  | {
      readonly kind: 'effect'
      readonly account: AccountId
      readonly effect: Effect
      readonly sentAt: UnixMillis
      readonly profile?: SenderProfile | undefined
    }
  | { readonly kind: 'typing'; readonly account: AccountId; readonly isTyping: boolean; readonly sentAt: UnixMillis }
  /** Nothing that changes anything, or that anybody would miss. */
  | { readonly kind: 'nothing' }

export type ArrivalContext = {
  readonly self: AccountId
  readonly swarmSize: number
  readonly now: UnixMillis
  readonly hash: MessageHash
  readonly item: Pick<RetrievedMessage, 'timestamp' | 'expiry'>
  readonly marks: readonly SealedChange[]
}

const NOTHING = { kind: 'nothing' } as const
/** How long swarms keep what nobody shortened. */
const WHOLE_LIFE = days(14)
const SLACK = minutes(5)
/** A receipt for a message that no swarm has any more is no receipt. */
const RECEIPT_REACH = days(30)

export function understand(opened: OpenedMessage, content: ReadContent, context: ArrivalContext): Understood {
  const { self, now } = context
  const { sender, timestamp: sentAt } = opened
  const isOwn = sender === self
  const account = isOwn ? content.syncTarget : sender
  if (content.kind === 'unsend') return understandUnsend(opened, content.target, self)
  if (account === undefined) return NOTHING
  const conversation = account as string as ConversationId
  const { profile } = content
  switch (content.kind) {
    case 'visible':
    case 'timerChange':
    case 'requestResponse':
    case 'dataExtraction':
    case 'unsupported':
      return understandMessage(opened, content, account, context)
    case 'reaction': {
      const place = placeOfRef(conversation, content.target, self)
      const reaction = { author: sender, emoji: content.emoji, at: sentAt, isOn: content.action === 'react' }
      if (place === undefined) return NOTHING
      return { kind: 'effect', account, sentAt, profile, effect: { kind: 'reaction', place, reaction } }
    }
    case 'readReceipt':
    case 'deliveryReceipt': {
      const times = content.timestamps.filter((time) => time > now - RECEIPT_REACH && time < now + days(1))
      const places = times.map((time) => ({ conversation, sentAt: time, direction: 'outgoing' }) as const)
      const state = content.kind === 'readReceipt' ? 'read' : 'delivered'
      return { kind: 'effect', account, sentAt, effect: { kind: 'receipt', places, state } }
    }
    case 'typing':
      return { kind: 'typing', account, isTyping: content.action === 'started', sentAt }
    case 'invalid':
      return NOTHING
    default:
      return unreachable(content)
  }
}

/** Our own devices also take away what others wrote to us. docs/protocol/conversations.md §2. */
function understandUnsend(
  { sender, timestamp }: OpenedMessage,
  target: { readonly author: AccountId; readonly sentAt: UnixMillis },
  self: AccountId,
): Understood {
  const base = { kind: 'effect', sentAt: timestamp } as const
  if (sender === self && target.author === self) {
    return { ...base, account: self, effect: { kind: 'unsendOwn', sentAt: target.sentAt } }
  }
  const conversation = target.author as string as ConversationId
  const place = { conversation, sentAt: target.sentAt, direction: 'incoming' } as const
  const how = sender === self ? 'removed' : 'placeholder'
  return { ...base, account: target.author, effect: { kind: 'unsend', place, how } }
}

function understandMessage(
  { sender, timestamp: sentAt }: OpenedMessage,
  content: ReadContent,
  account: AccountId,
  context: ArrivalContext,
): Understood {
  const body = bodyOf(content)
  if (body === undefined) return NOTHING
  const { marks, hash, swarmSize, self } = context
  const direction = sender === self ? 'outgoing' : 'incoming'
  const message: MessageRecord = {
    author: sender,
    direction,
    body,
    sentAt,
    hashes: [hash],
    // A copy is stored after the message itself was: on one member at least, as far as we can know.
    ...(direction === 'outgoing' ? { delivery: { kind: 'stored', on: 1, of: swarmSize } } : {}),
    ...(content.kind === 'visible' ? partsOf(content) : {}),
    ...expiryOf(content, direction, sentAt, context),
  }
  return { kind: 'message', account, message, isQuiet: content.kind !== 'visible', profile: content.profile, marks }
}

function bodyOf(content: ReadContent): MessageBody | undefined {
  switch (content.kind) {
    case 'visible':
      return content.invitation === undefined
        ? { kind: 'text', text: content.text }
        : { kind: 'unsupported', what: 'invitation' }
    case 'timerChange': {
      const { expiration } = content
      return { kind: 'notice', notice: { kind: 'timerChanged', ...(expiration && { expiration }) } }
    }
    case 'requestResponse':
      return { kind: 'notice', notice: { kind: 'requestAccepted' } }
    case 'dataExtraction':
      if (content.what === 'screenshot') return { kind: 'notice', notice: { kind: 'screenshot' } }
      return {
        kind: 'notice',
        notice: { kind: 'mediaSaved', ...(content.at === undefined ? {} : { savedAt: content.at }) },
      }
    case 'unsupported':
      return content.isVisible ? { kind: 'unsupported', what: content.what } : undefined
    default:
      return undefined
  }
}

function partsOf(content: Extract<ReadContent, { kind: 'visible' }>): Partial<MessageRecord> {
  const { attachments, previews, quote, invitation } = content
  return {
    ...(attachments.length > 0 ? { attachments: attachments.map(attachmentRecord) } : {}),
    ...(previews.length > 0 ? { previews: previews.map(previewRecord) } : {}),
    ...(quote && { quote }),
    ...(invitation && { invitation }),
  }
}

/** Notices that change or answer something stay; the rest goes when the conversation's messages do. */
function expiryOf(
  content: ReadContent,
  direction: MessageRecord['direction'],
  sentAt: UnixMillis,
  { now, item }: ArrivalContext,
): { expiry?: ExpiryRecord } {
  const { expiration } = content
  if (expiration === undefined || (content.kind !== 'visible' && content.kind !== 'dataExtraction')) return {}
  const life = expiration.seconds * 1000
  if (expiration.mode === 'afterSend') {
    return { expiry: { ...expiration, deadline: unixMillis(Math.min(sentAt, now) + life) } }
  }
  // What we sent counts as read; what another device of ours has read lives shorter in the swarm than it would.
  const isRead = direction === 'outgoing' || item.expiry < item.timestamp + WHOLE_LIFE - SLACK
  return { expiry: isRead ? { ...expiration, deadline: unixMillis(Math.min(item.expiry, now + life)) } : expiration }
}
