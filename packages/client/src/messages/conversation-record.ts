/** A conversation as this device keeps it. */
import {
  type AccountId,
  type Expiration,
  type SenderProfile,
  toBase64,
  truncateDisplayName,
  type UnixMillis,
} from '@starling/protocol'
import * as z from 'zod/mini'
import type { ConversationChange, MessageId } from '../api.ts'
import { deliverySchema } from './delivery-record.ts'
import { comparePlaces, messageId, parseMessageId } from './message-place.ts'
import type { MessageRecord } from './message-record.ts'
import { accountIdSchema, bodySchema, directionSchema, expirationSchema, timeSchema } from './record-fields.ts'
import { versionedRecord } from './versioned-record.ts'

export type ConversationRecord = {
  readonly account: AccountId
  /** We wrote to them, or accepted their request. */
  readonly accepted: boolean
  /** They accept our messages: they wrote to us, or said so. */
  readonly approvedMe: boolean
  /** They were told that we accepted, or need not be. */
  readonly answered: boolean
  readonly blocked: boolean
  readonly pinned: boolean
  readonly muted: boolean
  /** Muted until then; absent: as `muted` says, for good. */
  readonly mutedUntil?: UnixMillis | undefined
  /** This device's knowledge alone. */
  readonly verified?: true | undefined
  /** Not listed until something happens in it: another device deleted it. */
  readonly hidden?: true | undefined
  readonly markedUnread: boolean
  readonly unread: number
  /** One of them names this account. */
  readonly mentioned?: true | undefined
  readonly draft: string
  /** The ID of the message that it answers. */
  readonly draftQuote?: string | undefined
  readonly nickname?: string | undefined
  readonly profileName?: string | undefined
  /** The key as base64. */
  readonly profilePicture?: { readonly url: string; readonly key: string } | undefined
  /** Seconds, by their clock. */
  readonly profileUpdated: number
  /** The message that brought it: of two with the same `profileUpdated` the later one counts. */
  readonly profileFrom?: UnixMillis | undefined
  readonly lastActivity: UnixMillis
  /** Of what we send. */
  readonly expiration?: Expiration | undefined
  /** Where the line stands that says that they accepted our request. */
  readonly acceptedAt?: UnixMillis | undefined
  /** Messages here that came while nobody had accepted them; may be more than there are. */
  readonly ofStranger?: number | undefined
  /** Receipts that we owe them: times of their messages, at most 2,000 of a kind. */
  readonly owed?: { readonly delivered: readonly UnixMillis[]; readonly read: readonly UnixMillis[] } | undefined
  readonly last?: Pick<MessageRecord, 'direction' | 'body' | 'sentAt' | 'delivery' | 'deleted'> | undefined
}

export type ReceiptKind = keyof NonNullable<ConversationRecord['owed']>

export const conversationRecord = versionedRecord<ConversationRecord>(
  2,
  z.object({
    account: accountIdSchema,
    accepted: z.boolean(),
    approvedMe: z.boolean(),
    answered: z.boolean(),
    blocked: z.boolean(),
    pinned: z.boolean(),
    muted: z.boolean(),
    mutedUntil: z.optional(timeSchema),
    verified: z.optional(z.literal(true)),
    hidden: z.optional(z.literal(true)),
    markedUnread: z.boolean(),
    unread: z.int(),
    mentioned: z.optional(z.literal(true)),
    draft: z.string(),
    draftQuote: z.optional(z.string()),
    nickname: z.optional(z.string()),
    profileName: z.optional(z.string()),
    profilePicture: z.optional(z.object({ url: z.string(), key: z.string() })),
    profileUpdated: z.number(),
    profileFrom: z.optional(timeSchema),
    lastActivity: timeSchema,
    expiration: z.optional(expirationSchema),
    acceptedAt: z.optional(timeSchema),
    ofStranger: z.optional(z.int()),
    owed: z.optional(z.object({ delivered: z.array(timeSchema), read: z.array(timeSchema) })),
    last: z.optional(
      z.object({
        direction: directionSchema,
        body: bodySchema,
        sentAt: timeSchema,
        delivery: z.optional(deliverySchema),
        deleted: z.optional(z.literal(true)),
      }),
    ),
  }),
  withApproval,
)

/** In UTF-16 units: as much as can be sent at once. */
const MAX_DRAFT = 40_000
const MAX_OWED = 2000

export function createConversation(account: AccountId, now: UnixMillis): ConversationRecord {
  return {
    account,
    accepted: false,
    approvedMe: false,
    answered: false,
    blocked: false,
    pinned: false,
    muted: false,
    markedUnread: false,
    unread: 0,
    draft: '',
    profileUpdated: 0,
    lastActivity: now,
  }
}

/** So many unread messages are left: with the last one goes what it named. */
export function withUnread(record: ConversationRecord, unread: number): ConversationRecord {
  if (unread > 0) return { ...record, unread }
  const { mentioned: _, ...rest } = record
  return { ...rest, unread: 0 }
}

/** A message more, or one that changed: it becomes the last one unless there is a later one. */
export function withMessage(record: ConversationRecord, message: MessageRecord, now: UnixMillis): ConversationRecord {
  const active = withActivity(record, message, now)
  if (record.last !== undefined && comparePlaces(record.last, message) > 0) return active
  const { direction, body, sentAt, delivery, deleted } = message
  return { ...active, last: { direction, body, sentAt, delivery, deleted } }
}

/** A time in the future would keep the conversation on top for as long. */
export function withActivity(
  record: ConversationRecord,
  { sentAt }: Pick<MessageRecord, 'sentAt'>,
  now: UnixMillis,
): ConversationRecord {
  return { ...record, lastActivity: Math.max(record.lastActivity, Math.min(sentAt, now)) as UnixMillis }
}

/** All that they show of themselves, if it is later than what we know. Old clients say no time: theirs counts. docs/protocol/conversations.md §1. */
export function withProfile(
  record: ConversationRecord,
  profile: SenderProfile,
  sentAt: UnixMillis,
): ConversationRecord {
  const { profileUpdated: before, profileFrom = 0 } = record
  const isLater = profile.updatedSeconds > before || (profile.updatedSeconds === before && sentAt >= profileFrom)
  if (!isLater) return record
  const { picture } = profile
  return {
    ...record,
    // Who has no name has only not said it.
    profileName: profile.name ?? record.profileName,
    profilePicture: picture && { url: picture.url, key: toBase64(picture.key) },
    profileUpdated: profile.updatedSeconds,
    profileFrom: sentAt,
  }
}

export function withChange(record: ConversationRecord, change: ConversationChange): ConversationRecord {
  const { nickname, draft, draftQuote, muted, mutedUntil, verified, ...flags } = change
  return {
    ...record,
    ...flags,
    ...(muted === undefined && mutedUntil === undefined ? {} : muting(muted !== false, mutedUntil)),
    ...(verified === undefined ? {} : { verified: verified || undefined }),
    ...(draft === undefined ? {} : { draft: draft.slice(0, MAX_DRAFT) }),
    ...(draftQuote === undefined ? {} : { draftQuote: draftQuote === '' ? undefined : checkedId(draftQuote) }),
    ...(nickname === undefined ? {} : { nickname: truncateDisplayName(nickname) }),
  }
}

/** @throws {MalformedInputError} if it is none: it is kept, and comes from a face */
function checkedId(id: MessageId): MessageId {
  return messageId(parseMessageId(id))
}

/** `mutedUntil` goes with the mute that it belongs to. */
function muting(muted: boolean, mutedUntil: UnixMillis | undefined): Pick<ConversationRecord, 'muted' | 'mutedUntil'> {
  return { muted, mutedUntil: muted ? mutedUntil : undefined }
}

export function isMuted({ muted, mutedUntil }: ConversationRecord, now: UnixMillis): boolean {
  return muted && (mutedUntil === undefined || mutedUntil > now)
}

export function withOwed(
  record: ConversationRecord,
  kind: ReceiptKind,
  times: readonly UnixMillis[],
): ConversationRecord {
  if (times.length === 0) return record
  const owed = record.owed ?? { delivered: [], read: [] }
  return { ...record, owed: { ...owed, [kind]: [...owed[kind], ...times].slice(-MAX_OWED) } }
}

export function isMutual(record: ConversationRecord): boolean {
  return record.accepted && record.approvedMe && !record.blocked
}

/** Records of form 1 do not say whether they accept us: who gave us a name has written to us. */
function withApproval(record: unknown): unknown {
  const known = record as { readonly profileName?: unknown; readonly answered?: unknown; readonly unread?: unknown }
  return { ...known, approvedMe: known.profileName !== undefined || known.answered === false || known.unread !== 0 }
}
