/** Timers of messages that disappear after reading: begun here, and brought forward to what the first reader told the swarm. docs/protocol/conversations.md §3. */
import { days, type MessageHash, minutes, seconds, type UnixMillis, unixMillis } from '@starling/protocol'
import type { SealedChange } from '../store/sealed-store.ts'
import type { BookCore, Commit } from './book-core.ts'
import type { MessagePlace } from './message-place.ts'
import { type MessageRecord, withDeadline } from './message-record.ts'

type DueList = NonNullable<Commit['due']>

/** By then the device that read it has told the swarm, if the network is there. */
const LEARN_AFTER = seconds(3)
const LEARN_AGAIN = seconds(10)
/** Later than this after our own deadline: nobody has shortened it yet. Clocks differ a little. */
const SLACK = minutes(5)
/** How long swarms keep what nobody shortened: what is older may be gone for that alone. */
const WHOLE_LIFE = days(14)

export type Reading = {
  readonly now: UnixMillis
  /** Nobody will open it any more: its time begins, unless it runs already. */
  readonly isRead: boolean
  /** Another device of ours may have read it before. */
  readonly isShared: boolean
}

export function withTimer(
  place: MessagePlace,
  message: MessageRecord,
  { now, isRead, isShared }: Reading,
): { readonly message: MessageRecord; readonly due: DueList } {
  const { expiry } = message
  if (expiry?.deadline !== undefined) return { message, due: [{ at: expiry.deadline, kind: 'expire', place }] }
  if (expiry === undefined || !isRead) return { message, due: [] }
  const at = unixMillis(now + expiry.seconds * 1000)
  const learning = { at: unixMillis(now + LEARN_AFTER), kind: 'learnExpiry', place } as const
  const due: DueList = [{ at, kind: 'expire', place }, ...(isShared ? [learning] : [])]
  return { message: withDeadline(message, at), due }
}

/**
 * What the swarm says of a message whose time runs. What it does not have any more is over, unless nobody needed to shorten it
 * for that. Not shortened yet: it is to be asked again, ever less often. Only inside `exclusively`.
 */
export async function learnExpiry(
  core: BookCore,
  { place, done }: { readonly place: MessagePlace; readonly done: SealedChange },
  expiries: ReadonlyMap<MessageHash, UnixMillis>,
): Promise<void> {
  const message = await core.get(place)
  const record = core.conversation(place.conversation)
  const { deadline } = message?.expiry ?? {}
  if (message === undefined || record === undefined || deadline === undefined) {
    await core.options.store.write([done])
    return
  }
  const soonest = soonestOf(message, expiries, core.now())
  const isShortened = soonest <= deadline + SLACK
  const changed = isShortened ? withDeadline(message, unixMillis(soonest)) : message
  const due = isShortened ? dueOf(place, changed, message) : askAgain(place, message, core.now())
  await core.commit({ record, put: changed === message ? [] : [changed], due, others: [done] })
}

function soonestOf(
  { hashes = [], sentAt }: MessageRecord,
  expiries: ReadonlyMap<MessageHash, UnixMillis>,
  now: UnixMillis,
): number {
  const ofMissing = now >= sentAt + WHOLE_LIFE - SLACK ? Number.POSITIVE_INFINITY : now
  return Math.min(...hashes.map((hash) => expiries.get(hash) ?? ofMissing))
}

function dueOf(place: MessagePlace, { expiry }: MessageRecord, before: MessageRecord): DueList {
  if (expiry?.deadline === undefined || expiry.deadline === before.expiry?.deadline) return []
  return [{ at: expiry.deadline, kind: 'expire', place }]
}

function askAgain(place: MessagePlace, { expiry, hashes = [] }: MessageRecord, now: UnixMillis): DueList {
  if (expiry?.deadline === undefined || hashes.length === 0) return []
  const began = expiry.deadline - expiry.seconds * 1000
  const at = unixMillis(now + Math.max(LEARN_AGAIN, now - began))
  return at < expiry.deadline ? [{ at, kind: 'learnExpiry', place }] : []
}
