/** What was seen: counts go down, timers of messages that disappear after reading begin, and contacts are owed receipts. docs/protocol/conversations.md §3, §4. */
import { type AccountId, type MessageHash, seconds, type UnixMillis, unixMillis } from '@starling/protocol'
import type { SealedChange } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'
import type { BookCore, Commit } from './book-core.ts'
import { isMutual, withOwed, withUnread } from './conversation-record.ts'
import { AFTER_READ } from './filing.ts'
import { type MessagePlace, messageSort, placeOfSort } from './message-place.ts'
import type { MessageRecord } from './message-record.ts'
import type { OutboxItem, SwarmJob } from './outbox-record.ts'
import { withTimer } from './timers.ts'

const PAGE = 500
/** A read position further ahead would have what comes until then count as read. */
const TOLERATED_LEAD = seconds(10)

export type ReadingPolicy = {
  readonly sendsRead: () => boolean
  readonly makeJob: (job: SwarmJob) => OutboxItem
  /** What our other devices are to learn of it. */
  readonly readWrites: (conversation: AccountId, readUntil: UnixMillis) => readonly SealedChange[]
}

/**
 * Everything up to and including this place was seen: on this device, or on another one, which then has told the sender
 * and the swarm. Whether anything changed. Only inside `exclusively`.
 */
export async function markRead(
  core: BookCore,
  place: MessagePlace,
  { policy, isHere }: { readonly policy: ReadingPolicy; readonly isHere: boolean },
): Promise<boolean> {
  const { conversation } = place
  const to = Uint8Array.from([...messageSort(place), 0]) // exclusive bound: the first key behind it
  let hasChanged = false
  for (;;) {
    const before = core.conversation(conversation)
    if (before === undefined) return hasChanged
    const range = { table: TABLES.unread, partition: conversation, to, limit: PAGE }
    const read = await core.options.store.list(range)
    const markedUnread = before.markedUnread && !isHere
    if (read.length === 0 && markedUnread === before.markedUnread) return hasChanged
    hasChanged = true
    const deleted = read.map(({ sort }): SealedChange => ({ kind: 'delete', name: { ...range, sort } }))
    const readUntil = unixMillis(Math.min(place.sentAt, core.now() + TOLERATED_LEAD))
    const others = [...deleted, ...(isHere ? policy.readWrites(before.account, readUntil) : [])]
    const counted = withUnread({ ...before, markedUnread }, before.unread - read.length)
    const isOwed = isHere && isMutual(before) && policy.sendsRead()
    const times = read.map(({ sort }) => placeOfSort(conversation, sort).sentAt)
    const timed = read.filter(({ value }) => value[0] === AFTER_READ).map(({ sort }) => placeOfSort(conversation, sort))
    const started = await startTimers(core, timed)
    const record = isOwed ? withOwed(counted, 'read', times) : counted
    const items = isHere ? shortenings(started.put, policy) : []
    // What is lost of it with the power is unread again, for all that came of it.
    await core.commit({ record, ...started, items, others, durability: 'relaxed' })
    core.emit(conversation, { kind: 'read', unread: record.unread })
    if (isOwed) core.options.hooks.onOwed(conversation)
    if (read.length < PAGE) return hasChanged
  }
}

async function startTimers(
  core: BookCore,
  places: readonly MessagePlace[],
): Promise<Required<Pick<Commit, 'put' | 'due'>>> {
  const put: MessageRecord[] = []
  const due: NonNullable<Commit['due']>[number][] = []
  for (const place of places) {
    const message = await core.get(place)
    const started = message && withTimer(place, message, { now: core.now(), isRead: true, isShared: true })
    if (started === undefined || started.message === message) continue
    put.push(started.message)
    due.push(...started.due)
  }
  return { put, due }
}

/** The swarm forgets them at the same time: that is how our other devices learn of it. One job per deadline. */
function shortenings(messages: readonly MessageRecord[], { makeJob }: ReadingPolicy): OutboxItem[] {
  const byDeadline = new Map<UnixMillis, MessageHash[]>()
  for (const { expiry, hashes = [] } of messages) {
    if (expiry?.deadline === undefined || hashes.length === 0) continue
    byDeadline.set(expiry.deadline, [...(byDeadline.get(expiry.deadline) ?? []), ...hashes])
  }
  return Array.from(byDeadline, ([until, hashes]) => makeJob({ kind: 'shorten', hashes, until }))
}
