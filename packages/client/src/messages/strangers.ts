/**
 * What people whom nobody accepted may take of this device: at most 200 requests that nobody has looked at, the oldest go first;
 * and of each the newest 100 messages. Contacts and blocked people are never touched. docs/protocol/conversations.md §4.
 */
import type { AccountId, UnixMillis } from '@starling/protocol'
import type { ConversationId } from '../api.ts'
import { TABLES } from '../store/tables.ts'
import { type BookCore, idOf } from './book-core.ts'
import { type ConversationRecord, withUnread } from './conversation-record.ts'
import { deleteConversation } from './deleting.ts'
import { placeOf, unreadName } from './message-place.ts'
import { type MessageRecord, messageRecord } from './message-record.ts'

export const MOST_REQUESTS = 200
export const MOST_MESSAGES = 100
/** So that not every message makes us look: so many more may be there for a while. */
export const SURPLUS = 20
const PAGE = 500

export type StrangersPolicy = { readonly readUpTo: (account: AccountId) => UnixMillis | undefined }

/** Nobody ever accepted them: that another device takes it back later changes nothing of what is here. */
export function isStranger({ account, accepted, answered, blocked }: ConversationRecord, self: AccountId): boolean {
  return !accepted && !answered && !blocked && account !== self
}

/** With one message more of a stranger. */
export function withOneOfStranger(record: ConversationRecord): ConversationRecord {
  return { ...record, ofStranger: (record.ofStranger ?? 0) + 1 }
}

/** A stranger wrote, and it was filed. Only inside `exclusively`. */
export async function boundStrangers(
  core: BookCore,
  record: ConversationRecord,
  policy: StrangersPolicy,
): Promise<void> {
  if ((record.ofStranger ?? 0) > MOST_MESSAGES + SURPLUS) await dropMessages(core, record)
  // Each begins with its first message.
  if (record.ofStranger === 1) await dropRequests(core, policy)
}

async function dropRequests(core: BookCore, policy: StrangersPolicy): Promise<void> {
  const untouched = core.options.index.records().filter((record) => isUntouched(record, policy, core.options.self))
  const surplus = untouched.length - MOST_REQUESTS
  if (surplus <= 0) return
  const oldest = untouched.sort((a, b) => a.lastActivity - b.lastActivity).slice(0, surplus)
  for (const record of oldest) await deleteConversation(core, idOf(record))
  core.options.hooks.onDropped('request', oldest.length)
}

/** A request that the owner has neither looked at nor done anything with. */
function isUntouched(record: ConversationRecord, { readUpTo }: StrangersPolicy, self: AccountId): boolean {
  const { account, pinned, muted, verified, markedUnread, draft, nickname } = record
  if (!isStranger(record, self)) return false
  if (pinned || muted || verified || markedUnread || draft !== '' || nickname !== undefined) return false
  return (readUpTo(account) ?? 0) === 0
}

/** All but the newest. */
async function dropMessages(core: BookCore, record: ConversationRecord): Promise<void> {
  const { store, hooks } = core.options
  const partition = idOf(record)
  const range = { table: TABLES.messages, partition }
  const newest = await store.list({ ...range, limit: MOST_MESSAGES, reverse: true })
  const to = newest.at(-1)!.sort
  let kept: ConversationRecord = { ...record, ofStranger: newest.length }
  for (;;) {
    const page = await store.list({ ...range, to, limit: PAGE })
    if (page.length === 0) break
    const remove = page.map(({ value }) => messageRecord.decode(value))
    kept = await core.commit({
      record: withUnread(kept, kept.unread - (await unreadOf(core, partition, remove))),
      remove,
    })
    hooks.onDropped('message', page.length)
  }
}

async function unreadOf(core: BookCore, id: ConversationId, messages: readonly MessageRecord[]): Promise<number> {
  const found = await Promise.all(messages.map((message) => core.options.store.get(unreadName(placeOf(id, message)))))
  return found.filter((value) => value !== undefined).length
}
