/** What later messages do to earlier ones: reactions, receipts, taking back. Whatever comes before its message waits for it. docs/protocol/conversations.md §1. */
import { MAX_RECEIPT_TIMES, type SenderProfile, type UnixMillis } from '@starling/protocol'
import type { SealedChange } from '../store/sealed-store.ts'
import type { Effect } from './arrival.ts'
import { type BookCore, type Commit, idOf } from './book-core.ts'
import { type ConversationRecord, withProfile, withUnread } from './conversation-record.ts'
import { withReceipt } from './delivery-record.ts'
import { type Early, getEarly, mergeEarly, putEarly, type Unsent } from './early-record.ts'
import { type FilingPolicy, jobs } from './filing.ts'
import { type MessagePlace, unreadName } from './message-place.ts'
import { type MessageRecord, placeholderOf } from './message-record.ts'
import { mergeReactions } from './reaction-record.ts'
import { tombstone } from './tombstone.ts'

/** Messages that are not here, of one receipt, the newest of them: it costs us more to remember them than to name them. */
const MAX_WAITING = 200
const MAX_WAITING_OF_STRANGER = 20
/** With the mark that it was seen, and the cursor behind it: what is lost of it with the power comes again. */
const RELAXED = { durability: 'relaxed' } as const

export type EffectArrival = {
  readonly conversation: MessagePlace['conversation']
  readonly effect: Effect
  /** From them, not from another device of ours. */
  readonly isIncoming: boolean
  readonly sentAt: UnixMillis
  readonly profile?: SenderProfile | undefined
  readonly marks: readonly SealedChange[]
}

type Policy = Pick<FilingPolicy, 'makeJob'>

/** Only inside `exclusively`. */
export async function applyEffect(core: BookCore, arrival: EffectArrival, policy: Policy): Promise<void> {
  const { conversation, effect, isIncoming, marks } = arrival
  const record = core.conversation(conversation)
  if (isIncoming && record?.blocked) {
    await core.options.store.write(marks, RELAXED)
    return
  }
  const base = record && withSender(record, arrival)
  switch (effect.kind) {
    case 'reaction':
      return react(core, base, effect, marks)
    case 'unsend':
      return unsend(core, base, effect, { marks, policy })
    case 'unsendOwn':
      return unsendOwn(core, effect.sentAt, { marks, policy })
    case 'receipt':
      return receipt(core, base, effect, marks)
  }
}

function withSender(
  record: ConversationRecord,
  { effect, isIncoming, profile, sentAt }: EffectArrival,
): ConversationRecord {
  if (!isIncoming || effect.kind !== 'reaction' || profile === undefined) return record
  return withProfile(record, profile, sentAt)
}

async function react(
  core: BookCore,
  record: ConversationRecord | undefined,
  { place, reaction }: Extract<Effect, { kind: 'reaction' }>,
  marks: readonly SealedChange[],
): Promise<void> {
  const message = await core.get(place)
  if (record === undefined || message === undefined)
    return wait(core, place, { reactions: [reaction] }, { record, marks })
  if (message.deleted) {
    await core.commit({ record, others: marks, ...RELAXED })
    return
  }
  const changed = { ...message, reactions: mergeReactions(message.reactions, [reaction]) }
  await core.commit({ record, put: [changed], others: marks, ...RELAXED })
}

type UnsendContext = { readonly marks: readonly SealedChange[]; readonly policy: Policy }

async function unsend(
  core: BookCore,
  record: ConversationRecord | undefined,
  { place, how }: { readonly place: MessagePlace; readonly how: Unsent },
  { marks, policy }: UnsendContext,
): Promise<void> {
  const message = await core.get(place)
  if (record === undefined || message === undefined) return wait(core, place, { unsent: how }, { record, marks })
  await core.commit({
    ...(await unsent(core, record, message, how)),
    items: jobs(message, policy),
    others: [...marks, ...(await unsentMarks(core, place, message, how))],
    ...RELAXED,
  })
}

/** The conversation and the message after it was taken back. */
async function unsent(
  core: BookCore,
  record: ConversationRecord,
  message: MessageRecord,
  how: Unsent,
): Promise<Pick<Commit, 'record' | 'put' | 'remove'>> {
  const place = { conversation: idOf(record), sentAt: message.sentAt, direction: message.direction }
  const wasUnread = (await core.options.store.get(unreadName(place))) !== undefined
  const counted = withUnread(record, record.unread - Number(wasUnread))
  return how === 'removed' ? { record: counted, remove: [message] } : { record: counted, put: [placeholderOf(message)] }
}

async function unsentMarks(
  core: BookCore,
  place: MessagePlace,
  message: MessageRecord,
  how: Unsent,
): Promise<SealedChange[]> {
  return how === 'removed' ? tombstone(core, message) : [{ kind: 'delete', name: unreadName(place) }]
}

/** Own times are unique: it is in one conversation at most, one with activity since. */
async function unsendOwn(core: BookCore, sentAt: UnixMillis, context: UnsendContext): Promise<void> {
  const { self, index } = core.options
  const noteToSelf = self as string as MessagePlace['conversation']
  for (const record of index.records()) {
    if (record.lastActivity < Math.min(sentAt, core.now())) continue
    const place = { conversation: idOf(record), sentAt, direction: 'outgoing' } as const
    if ((await core.get(place)) === undefined) continue
    const how = place.conversation === noteToSelf ? 'removed' : 'placeholder'
    return unsend(core, record, { place, how }, context)
  }
  const place = { conversation: noteToSelf, sentAt, direction: 'outgoing' } as const
  // Where it stands will be known when it comes; a note to oneself goes without a trace.
  return wait(core, place, { unsent: 'placeholder' }, { record: undefined, marks: context.marks })
}

async function receipt(
  core: BookCore,
  record: ConversationRecord | undefined,
  { places, state }: Extract<Effect, { kind: 'receipt' }>,
  marks: readonly SealedChange[],
): Promise<void> {
  const put: MessageRecord[] = []
  const unknown: MessagePlace[] = []
  for (const place of places.toSorted((a, b) => b.sentAt - a.sentAt).slice(0, MAX_RECEIPT_TIMES)) {
    const message = await core.get(place)
    const delivery = message && withReceipt(message.delivery, state)
    if (message === undefined) unknown.push(place)
    else if (delivery !== message.delivery) put.push({ ...message, delivery })
  }
  const others: SealedChange[] = [...marks]
  for (const place of unknown.slice(0, record?.accepted ? MAX_WAITING : MAX_WAITING_OF_STRANGER)) {
    others.push(...(await waiting(core, place, { receipt: state })))
  }
  if (record === undefined) await core.options.store.write(others, RELAXED)
  else await core.commit({ record, put, others, ...RELAXED })
}

async function wait(
  core: BookCore,
  place: MessagePlace,
  early: Early,
  { record, marks }: { readonly record: ConversationRecord | undefined; readonly marks: readonly SealedChange[] },
): Promise<void> {
  const others = [...marks, ...(await waiting(core, place, early))]
  if (record === undefined) await core.options.store.write(others, RELAXED)
  else await core.commit({ record, others, ...RELAXED })
}

/** What to write so that it is there when its message comes; nothing for one that was deleted here. */
async function waiting(core: BookCore, place: MessagePlace, early: Early): Promise<SealedChange[]> {
  const { store, seen, self } = core.options
  const author = place.direction === 'outgoing' ? self : place.conversation
  if (await seen.has(`${author as typeof self} ${place.sentAt}`)) return []
  const before = await getEarly(store, place)
  const { change, until } = putEarly(place, before === undefined ? early : mergeEarly(before, early), core.now())
  return [change, ...core.dueChanges([{ at: until, kind: 'forgetEarly', place }])]
}
