/** A conversation as this device keeps it, and as faces see it. */
import { type AccountId, truncateDisplayName, type UnixMillis } from '@starling/protocol'
import * as z from 'zod/mini'
import type { ConversationChange, ConversationId, ConversationSummary, Delivery } from '../api.ts'
import { jsonRecord } from '../store/json-record.ts'
import {
  accountIdSchema,
  bodySchema,
  deliverySchema,
  deliveryView,
  directionSchema,
  type MessageRecord,
  timeSchema,
} from './message-record.ts'

export type ConversationRecord = {
  readonly account: AccountId
  /** We wrote to them, or accepted their request. */
  readonly accepted: boolean
  /** They were told that we accepted, or need not be. */
  readonly answered: boolean
  readonly blocked: boolean
  readonly pinned: boolean
  readonly muted: boolean
  readonly markedUnread: boolean
  readonly unread: number
  readonly draft: string
  readonly nickname?: string | undefined
  readonly profileName?: string | undefined
  /** Seconds, by their clock. */
  readonly profileUpdated: number
  readonly lastActivity: UnixMillis
  readonly last?: Pick<MessageRecord, 'direction' | 'body' | 'sentAt' | 'delivery'> | undefined
}

export const conversationRecord = jsonRecord<ConversationRecord>(
  z.object({
    account: accountIdSchema,
    accepted: z.boolean(),
    answered: z.boolean(),
    blocked: z.boolean(),
    pinned: z.boolean(),
    muted: z.boolean(),
    markedUnread: z.boolean(),
    unread: z.int(),
    draft: z.string(),
    nickname: z.optional(z.string()),
    profileName: z.optional(z.string()),
    profileUpdated: z.number(),
    lastActivity: timeSchema,
    last: z.optional(
      z.object({
        direction: directionSchema,
        body: bodySchema,
        sentAt: timeSchema,
        delivery: z.optional(deliverySchema),
      }),
    ),
  }),
)

const MAX_DRAFT = 20_000

export function createConversation(account: AccountId, now: UnixMillis): ConversationRecord {
  return {
    account,
    accepted: false,
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

/** A message more, or one that changed: it becomes the last one unless there is a later one. */
export function withMessage(record: ConversationRecord, message: MessageRecord, now: UnixMillis): ConversationRecord {
  const { last } = record
  if (last !== undefined && last.sentAt > message.sentAt) return record
  const { direction, body, sentAt, delivery } = message
  // A time in the future would keep the conversation on top for as long.
  const lastActivity = Math.max(record.lastActivity, Math.min(sentAt, now)) as UnixMillis
  return { ...record, lastActivity, last: { direction, body, sentAt, delivery } }
}

/** The name that they give themselves, if it is later than the one we know. Old clients say no time: theirs counts. docs/protocol/envelope.md §6. */
export function withProfile(
  record: ConversationRecord,
  profile: { readonly name: string; readonly updatedSeconds: number },
): ConversationRecord {
  const isNewer = profile.updatedSeconds > record.profileUpdated
  const isUntimed = profile.updatedSeconds === 0 && record.profileUpdated === 0
  if (!isNewer && !isUntimed) return record
  if (!isNewer && record.profileName === profile.name) return record
  return { ...record, profileName: profile.name, profileUpdated: profile.updatedSeconds }
}

export function withChange(record: ConversationRecord, change: ConversationChange): ConversationRecord {
  const { nickname, draft, ...flags } = change
  return {
    ...record,
    ...flags,
    ...(draft === undefined ? {} : { draft: draft.slice(0, MAX_DRAFT) }),
    ...(nickname === undefined ? {} : { nickname: truncateDisplayName(nickname) }),
  }
}

export function conversationSummary(
  record: ConversationRecord,
  { self, queued }: { readonly self: AccountId; readonly queued: () => Delivery },
): ConversationSummary {
  const { account, accepted, nickname, profileName, last, pinned, muted, blocked, markedUnread, unread, draft } = record
  return {
    id: account as string as ConversationId,
    kind: account === self ? 'noteToSelf' : accepted ? 'contact' : 'request',
    title: nickname ?? profileName ?? shortId(account),
    ...(profileName === undefined ? {} : { profileName }),
    ...(nickname === undefined ? {} : { nickname }),
    pinned,
    muted,
    blocked,
    markedUnread,
    unread,
    draft,
    lastActivity: record.lastActivity,
    typing: false,
    approvedMe: false,
    ...(last && { last: lastView(last, queued) }),
  }
}

function lastView(
  last: NonNullable<ConversationRecord['last']>,
  queued: () => Delivery,
): NonNullable<ConversationSummary['last']> {
  const { direction, body, sentAt, delivery } = last
  return { direction, body, sentAt, ...deliveryView(delivery, queued) }
}

function shortId(account: AccountId): string {
  return `${account.slice(0, 6)}…${account.slice(-4)}`
}
