/** Files messages that came from the swarm; idempotent by author and time, and in any order. docs/protocol/conversations.md §1. */
import { type AccountId, findMentions, type UnixMillis } from '@starling/protocol'
import type { SealedChange } from '../store/sealed-store.ts'
import type { Arrival } from './arrival.ts'
import { type BookCore, type Commit, idOf } from './book-core.ts'
import { type ConversationRecord, isMutual, withActivity, withOwed, withProfile } from './conversation-record.ts'
import { withReceipt } from './delivery-record.ts'
import { deleteEarly, type Early, getEarly, mergeEarly } from './early-record.ts'
import { type MessagePlace, placeOf, unreadName } from './message-place.ts'
import { type MessageRecord, placeholderOf, putMessage, withHash } from './message-record.ts'
import type { OutboxItem, SwarmJob } from './outbox-record.ts'
import { mergeReactions } from './reaction-record.ts'
import { boundStrangers, isStranger, withOneOfStranger } from './strangers.ts'
import { withTimer } from './timers.ts'
import { tombstone } from './tombstone.ts'

/** In the value of a record of `TABLES.unread`: the message disappears after reading. */
export const AFTER_READ = 1

export type FilingPolicy = {
  /** Contacts are told that we have their messages. */
  readonly sendsDelivered: () => boolean
  /** Up to where another device has read this conversation. */
  readonly readUpTo: (account: AccountId) => UnixMillis | undefined
  readonly makeJob: (job: SwarmJob) => OutboxItem
}

/** `ignored`: blocked, a duplicate, or gone already. */
export type Filed = 'filed' | 'ignored'

/** Only inside `exclusively`. */
export async function fileMessage(core: BookCore, arrival: Arrival, policy: FilingPolicy): Promise<Filed> {
  const { account, marks } = arrival
  const before = core.conversationWith(account, arrival.message.sentAt)
  const place = placeOf(idOf(before), arrival.message)
  if (before.blocked && place.direction === 'incoming') return ignore(core, marks)
  if (await isTaken(core, arrival, place, policy)) return 'ignored'
  const { early, forget } = await takeEarly(core, place)
  const isShared = isReadElsewhere(arrival, policy)
  const isRead = place.direction === 'incoming' && (arrival.isQuiet || isShared)
  const { message, due } = withTimer(place, withEarly(arrival.message, early), { now: core.now(), isRead, isShared })
  const known = withActivity(withArrival(before, arrival), arrival.message, core.now())
  const { deadline } = message.expiry ?? {}
  const isOver = deadline !== undefined && deadline <= core.now()
  const isRemoved = early.unsent === 'removed'
  if (isRemoved || isOver) {
    const items = isRemoved ? jobs(message, policy) : []
    await core.commit({ record: known, others: [...marks, ...forget, ...tombstone(core, message)], items })
    return 'ignored'
  }
  const extra = acceptance(known, arrival, place)
  if (extra === undefined) {
    await core.commit({ record: known, others: [...marks, ...forget] })
    return 'ignored'
  }
  const replaced = extra.replaces && (await core.get(extra.replaces))
  const others = [...marks, ...forget]
  await addMessage(core, { record: extra.record, message, due, others, isRead, remove: replaced && [replaced] }, policy)
  return 'filed'
}

type NewMessage = Required<Pick<Commit, 'due' | 'others'>> & {
  readonly record: ConversationRecord
  readonly message: MessageRecord
  readonly isRead: boolean
  readonly remove: readonly MessageRecord[] | undefined
}

/** With all that it makes of its conversation. */
async function addMessage(core: BookCore, added: NewMessage, policy: FilingPolicy): Promise<void> {
  const { message, due, others, isRead, remove = [] } = added
  const place = placeOf(idOf(added.record), message)
  const isUnread = place.direction === 'incoming' && !isRead && !message.deleted
  const isOfStranger = place.direction === 'incoming' && isStranger(added.record, core.options.self)
  const counted = isUnread ? withOneMore(added.record, message, core.options.self) : added.record
  const owed = isUnread && isMutual(counted) && policy.sendsDelivered()
  const owing = owed ? withOwed(counted, 'delivered', [message.sentAt]) : counted
  const record = await core.commit({
    record: isOfStranger ? withOneOfStranger(owing) : owing,
    put: [message],
    remove,
    due,
    items: message.deleted ? jobs(message, policy) : [],
    others: [...(isUnread ? [putUnread(place, message)] : []), ...others],
    // With the mark that it was seen and the cursor behind it: what is lost of it with the power comes again.
    durability: 'relaxed',
  })
  if (owed) core.options.hooks.onOwed(place.conversation)
  if (isOfStranger) await boundStrangers(core, record, policy)
}

function withOneMore(record: ConversationRecord, { body }: MessageRecord, self: AccountId): ConversationRecord {
  const isNamed = body.kind === 'text' && findMentions(body.text).some(({ account }) => account === self)
  return { ...record, unread: record.unread + 1, ...(isNamed && { mentioned: true }) }
}

/** What the own swarm has of a message is to go, so that a device that was away never gets it. */
export function jobs({ hashes = [] }: MessageRecord, { makeJob }: Pick<FilingPolicy, 'makeJob'>): OutboxItem[] {
  return hashes.length === 0 ? [] : [makeJob({ kind: 'delete', hashes })]
}

async function ignore(core: BookCore, marks: readonly SealedChange[]): Promise<'ignored'> {
  await core.options.store.write(marks, { durability: 'relaxed' })
  return 'ignored'
}

/** Remembers one more hash of a message that is there; what was taken back is to go under every hash. */
async function isTaken(core: BookCore, arrival: Arrival, place: MessagePlace, policy: FilingPolicy): Promise<boolean> {
  const { marks, message } = arrival
  const { store, seen } = core.options
  const known = await core.get(place)
  if (known === undefined) {
    if (!(await seen.has(`${message.author} ${message.sentAt}`))) return false
    await store.write(marks, { durability: 'relaxed' })
    return true
  }
  const [hash] = message.hashes ?? []
  const changed = hash === undefined ? known : withHash(known, hash)
  const record = core.conversation(place.conversation)
  if (changed === known || record === undefined) await store.write(marks, { durability: 'relaxed' })
  else if (known.deleted) await core.commit({ record, put: [changed], others: marks, items: jobs(message, policy) })
  else await store.write([putMessage(place.conversation, changed), ...marks])
  return true
}

/** An unsend of another device of ours does not say in which conversation: it waits where notes to oneself stand. */
async function takeEarly(core: BookCore, place: MessagePlace): Promise<{ early: Early; forget: SealedChange[] }> {
  const { store, self } = core.options
  const own = { ...place, conversation: self as string as MessagePlace['conversation'] }
  const isElsewhere = place.direction === 'outgoing' && own.conversation !== place.conversation
  const places = isElsewhere ? [place, own] : [place]
  let early: Early = {}
  const forget: SealedChange[] = []
  for (const at of places) {
    const found = await getEarly(store, at)
    if (found === undefined) continue
    early = mergeEarly(early, found)
    forget.push(deleteEarly(at))
  }
  // A note to oneself that was taken back leaves no trace.
  if (early.unsent && place.conversation === own.conversation) early = { ...early, unsent: 'removed' }
  return { early, forget }
}

function withEarly(message: MessageRecord, early: Early): MessageRecord {
  const { receipt, reactions, unsent } = early
  const told = receipt === undefined ? message : { ...message, delivery: withReceipt(message.delivery, receipt) }
  if (unsent !== undefined) return placeholderOf(told)
  return reactions === undefined ? told : { ...told, reactions: mergeReactions(told.reactions, reactions) }
}

/** What a message says of its author besides what it says: they write to us, and so accept what we write. */
function withArrival(before: ConversationRecord, { message, profile }: Arrival): ConversationRecord {
  const isIncoming = message.direction === 'incoming'
  const record = {
    ...before,
    // What another device of ours sent is an acceptance, too.
    accepted: before.accepted || !isIncoming,
    answered: before.answered || !isIncoming,
    approvedMe: before.approvedMe || isIncoming,
    hidden: undefined,
  }
  return profile === undefined ? record : withProfile(record, profile, message.sentAt)
}

/** That they accepted is told once, where they said it first. `undefined`: it was told before. */
function acceptance(
  record: ConversationRecord,
  { message }: Arrival,
  place: MessagePlace,
): { record: ConversationRecord; replaces?: MessagePlace } | undefined {
  const { body, sentAt } = message
  if (body.kind !== 'notice' || body.notice.kind !== 'requestAccepted') return { record }
  const { acceptedAt } = record
  if (acceptedAt !== undefined && acceptedAt <= sentAt) return undefined
  const changed = { ...record, acceptedAt: sentAt }
  return acceptedAt === undefined
    ? { record: changed }
    : { record: changed, replaces: { ...place, sentAt: acceptedAt } }
}

function isReadElsewhere({ account, message }: Arrival, { readUpTo }: FilingPolicy): boolean {
  if (message.expiry?.mode === 'afterRead' && message.expiry.deadline !== undefined) return true
  const upTo = readUpTo(account)
  return upTo !== undefined && message.sentAt <= upTo
}

function putUnread(place: MessagePlace, { expiry }: MessageRecord): NonNullable<Commit['others']>[number] {
  const value = expiry?.mode === 'afterRead' ? Uint8Array.of(AFTER_READ) : new Uint8Array()
  return { kind: 'put', name: unreadName(place), value }
}
