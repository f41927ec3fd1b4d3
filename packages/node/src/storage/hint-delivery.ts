/**
 * Brings members what they missed just now: durable hints, retried until they succeed, expire, or the member leaves the
 * swarm. What a member missed longer ago, or lost, it gets by repair.
 */
import {
  type Descriptor,
  type DirectoryView,
  decodeMemberEntry,
  expireEntry,
  FrameKind,
  millis,
  type Owner,
  ownerBytes,
  type RandomBytes,
  seconds,
  swarmOwner,
  TRANSFER_OUTCOMES,
  transferRequest,
  unixMillis,
  unreachable,
} from '@starling/protocol'
import { backoff, type Clock, type LinkReply, type Logger, type Observable } from '@starling/runtime'
import { PeerError } from '../peer-error.ts'
import { parseForwarded } from './change-of.ts'
import { decodeOutcomes, itemOf } from './items.ts'
import type { Hint, NodeStore } from './node-store.ts'
import type { Replication } from './replication.ts'
import { survive } from './survive.ts'
import { Waker } from './waker.ts'

const INTERVAL = seconds(1)
/** While there is nobody to deliver to: a new hint, or a member that is back, ends the rest. */
const IDLE = seconds(60)
const BATCH = 100
const TRANSFER_TIMEOUT = seconds(15)
const FIRST_RETRY = seconds(2)
const LONGEST_RETRY = seconds(15)
/** Of a member whose directory differs from ours, or that cannot now. Other refusals are answers: they would not change. */
const PASSING_STATUSES: readonly number[] = [403, 421, 429, 500, 503]

export type HintDeliveryOptions = {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  readonly store: NodeStore
  readonly replication: Replication
  readonly view: Observable<DirectoryView | undefined>
}

type ItemHint = Hint & { readonly work: { readonly kind: 'message' | 'record' } }
type RequestHint = Hint & { readonly work: { readonly kind: 'request' } }

/** Runs until `signal` aborts. */
export async function runHintDelivery(options: HintDeliveryOptions, signal: AbortSignal): Promise<void> {
  const { clock, logger, replication } = options
  const waker = new Waker(clock)
  const stops = [replication.onHints(() => waker.wake()), replication.suspicion.onReturn(() => waker.wake())]
  try {
    while (!signal.aborted) {
      waker.arm()
      let isWaiting = true
      await survive(logger, signal, async () => {
        isWaiting = await deliverAll(options, signal)
      })
      if (isWaiting) await clock.sleep(INTERVAL, { signal })
      else await waker.rest(IDLE, signal)
    }
  } finally {
    for (const stop of stops) stop()
  }
}

/** True if there were hints for somebody who can be reached, as far as we know. */
async function deliverAll(options: HintDeliveryOptions, signal: AbortSignal): Promise<boolean> {
  const { clock, store, view, replication } = options
  const directory = view.snapshot
  if (!directory) return true
  const hinted = await store.hintedMembers(clock.now())
  // One who has left the directory may come back: its hints wait, until they expire. So do those of a suspect.
  const members = hinted
    .filter((nodeId) => !replication.suspicion.has(nodeId))
    .map((nodeId) => directory.nodes.get(nodeId)?.descriptor)
    .filter((member) => member !== undefined)
  await Promise.all(members.map((member) => deliverTo(options, directory, member, signal)))
  return members.length > 0
}

async function deliverTo(
  options: HintDeliveryOptions,
  directory: DirectoryView,
  member: Descriptor,
  signal: AbortSignal,
): Promise<void> {
  const { clock, store } = options
  for (let delivered = true; delivered && !signal.aborted; ) {
    const hints = await store.dueHints({ member: member.nodeId, now: clock.now(), limit: BATCH })
    if (hints.length === 0) return
    const obsolete = hints.filter((hint) => !isResponsible(directory, member, hint))
    await store.settleHints(obsolete.map(({ id }) => id))
    const due = hints.filter((hint) => !obsolete.includes(hint))
    const items = due.filter((hint): hint is ItemHint => hint.work.kind !== 'request')
    const requests = due.filter((hint): hint is RequestHint => hint.work.kind === 'request')
    delivered = (await transfer(options, member, items, signal)) && (await replay(options, member, requests, signal))
  }
}

function isResponsible(directory: DirectoryView, member: Descriptor, { work }: Hint): boolean {
  const owner = ownerOf(work)
  return owner !== undefined && directory.isMember(member.nodeId, ownerBytes(owner).subarray(1))
}

function ownerOf(work: Hint['work']): Owner | undefined {
  switch (work.kind) {
    case 'message':
      return work.message.owner
    case 'record':
      return work.record.owner
    case 'request': {
      const call = parseForwarded(work.request)
      return call && swarmOwner(call)
    }
    default:
      return unreachable(work)
  }
}

/** False if the member could not be reached. */
async function transfer(
  options: HintDeliveryOptions,
  member: Descriptor,
  hints: readonly ItemHint[],
  signal: AbortSignal,
): Promise<boolean> {
  if (hints.length === 0) return true
  const { replication, store } = options
  const payload = transferRequest.encode({ version: 2, items: hints.map(({ work }) => itemOf(work)) })
  const outcomes = await attempt(options, hints, async () => {
    const reply = await replication.send(member, FrameKind.transfer, payload, TRANSFER_TIMEOUT, signal)
    if (reply.status !== 200) throw new PeerError('refused')
    return decodeOutcomes(reply.body, hints.length)
  })
  if (!outcomes) return false
  const open = hints.filter((_, index) => outcomes[index] === TRANSFER_OUTCOMES.later)
  await store.settleHints(hints.filter((hint) => !open.includes(hint)).map(({ id }) => id))
  if (open.length > 0) await postpone(options, open)
  return true
}

/** Requests that were missed, in the order in which they came. */
async function replay(
  options: HintDeliveryOptions,
  member: Descriptor,
  hints: readonly RequestHint[],
  signal: AbortSignal,
): Promise<boolean> {
  const { replication, store } = options
  for (const hint of hints) {
    const reply = await attempt(options, [hint], () =>
      replication.send(member, FrameKind.forward, hint.work.request, TRANSFER_TIMEOUT, signal),
    )
    if (!reply) return false
    if (!isAnswered(member, reply)) {
      await postpone(options, [hint])
      return false
    }
    await store.settleHints([hint.id])
  }
  return true
}

function isAnswered(member: Descriptor, reply: LinkReply): boolean {
  if (reply.status !== 200) return !PASSING_STATUSES.includes(reply.status)
  // The forms of a failure are the same for all methods.
  const entry = decodeMemberEntry(expireEntry, member.nodeId, reply.body)
  return entry.kind === 'done' || entry.failure.kind !== 'storage'
}

/** The result; or nothing, and the hints wait for the next try. */
async function attempt<T>(
  options: HintDeliveryOptions,
  hints: readonly Hint[],
  fn: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await fn()
  } catch (error) {
    if (!(error instanceof PeerError)) throw error
    await postpone(options, hints)
    return undefined
  }
}

async function postpone({ clock, random, store }: HintDeliveryOptions, hints: readonly Hint[]): Promise<void> {
  const attempts = Math.max(...hints.map((hint) => hint.attempts))
  const delay = millis(1000 + backoff({ attempt: attempts, base: FIRST_RETRY, limit: LONGEST_RETRY, random }))
  await store.postponeHints(
    hints.map(({ id }) => id),
    unixMillis(clock.now() + delay),
  )
}
