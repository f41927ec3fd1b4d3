/**
 * Brings members what they missed: durable hints, retried until they succeed, expire, or the member leaves the swarm. What
 * a member ends up with is what we have: a deletion that it missed never takes from it what was stored again since.
 */
import {
  CodecError,
  clientRequest,
  type Descriptor,
  type DirectoryView,
  decodeForward,
  decodeMemberEntry,
  deleteEntry,
  FrameKind,
  forwardRequest,
  type MessageHash,
  methodOf,
  millis,
  type Owner,
  ownerBytes,
  parseMethodName,
  type RandomBytes,
  seconds,
  TRANSFER_OUTCOMES,
  type TransferItem,
  transferReply,
  transferRequest,
  unixMillis,
} from '@starling/protocol'
import { backoff, type Clock, type LinkReply, type Logger, type Observable } from '@starling/runtime'
import { PeerError } from '../peer-error.ts'
import type { Hint, NodeStore } from './node-store.ts'
import type { Replication } from './replication.ts'
import { survive } from './survive.ts'

const INTERVAL = seconds(1)
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

type MessageHint = Hint & { readonly work: { readonly kind: 'message' } }
type RequestHint = Hint & { readonly work: { readonly kind: 'request' } }

/** Runs until `signal` aborts. */
export async function runHintDelivery(options: HintDeliveryOptions, signal: AbortSignal): Promise<void> {
  const { clock, store, view, logger } = options
  while (!signal.aborted) {
    await clock.sleep(INTERVAL, { signal })
    const directory = view.snapshot
    if (!directory) continue
    await survive(logger, signal, async () => {
      const members = await store.hintedMembers(clock.now())
      await Promise.all(
        members.map(async (nodeId) => {
          // One who has left the directory may come back: its hints wait, until they expire.
          const member = directory.nodes.get(nodeId)?.descriptor
          if (member) await deliverTo(options, directory, member, signal)
        }),
      )
    })
  }
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
    const messages = due.filter((hint): hint is MessageHint => hint.work.kind === 'message')
    const requests = due.filter((hint): hint is RequestHint => hint.work.kind === 'request')
    delivered = (await transfer(options, member, messages, signal)) && (await replay(options, member, requests, signal))
  }
}

function isResponsible(directory: DirectoryView, member: Descriptor, { work }: Hint): boolean {
  const owner = ownerOf(work)
  return owner !== undefined && directory.isMember(member.nodeId, ownerBytes(owner).subarray(1))
}

function ownerOf(work: Hint['work']): Owner | undefined {
  if (work.kind === 'request') return missedRequest(work.request)?.owner
  return work.kind === 'message' ? work.message.owner : work.record.owner
}

/** False if the member could not be reached. */
async function transfer(
  options: HintDeliveryOptions,
  member: Descriptor,
  hints: readonly MessageHint[],
  signal: AbortSignal,
): Promise<boolean> {
  if (hints.length === 0) return true
  const { replication, store } = options
  const items = hints.map(({ work }): TransferItem => ({ kind: 'message', ...work.message }))
  const payload = transferRequest.encode({ version: 2, items })
  const outcomes = await attempt(options, hints, async () => {
    const reply = await replication.probe(member, FrameKind.transfer, payload, TRANSFER_TIMEOUT, signal)
    if (reply.status !== 200) throw new PeerError('refused')
    return decodeOutcomes(reply.body, hints.length)
  })
  if (!outcomes) return false
  const open = hints.filter((_, index) => outcomes[index] === TRANSFER_OUTCOMES.later)
  await store.settleHints(hints.filter((hint) => !open.includes(hint)).map(({ id }) => id))
  if (open.length > 0) await postpone(options, open)
  return true
}

/** @throws {PeerError} `refused`, if that is no answer to so many messages. */
function decodeOutcomes(body: Uint8Array, count: number): readonly number[] {
  try {
    const codes = transferReply.decode(body)
    if (codes.length === count) return codes
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
  }
  throw new PeerError('refused')
}

/** Requests that were missed, in the order in which they came. */
async function replay(
  options: HintDeliveryOptions,
  member: Descriptor,
  hints: readonly RequestHint[],
  signal: AbortSignal,
): Promise<boolean> {
  for (const hint of hints) {
    const { request } = hint.work
    // Sent as of now: members refuse what was forwarded at another time than theirs.
    const payload = forwardRequest.encode({ version: 2, at: options.clock.now(), ...clientRequest.decode(request) })
    const reply = await attempt(options, [hint], () =>
      options.replication.probe(member, FrameKind.forward, payload, TRANSFER_TIMEOUT, signal),
    )
    if (!reply) return false
    if (!isAnswered(member, reply)) {
      await postpone(options, [hint])
      return false
    }
    await restoreLater(options, member, request)
    await options.store.settleHints([hint.id])
  }
  return true
}

function isAnswered(member: Descriptor, reply: LinkReply): boolean {
  if (reply.status !== 200) return !PASSING_STATUSES.includes(reply.status)
  // The forms of a failure are the same for all methods.
  const entry = decodeMemberEntry(deleteEntry, member.nodeId, reply.body)
  return entry.kind === 'done' || entry.failure.kind !== 'storage'
}

/** What the member may just have deleted, and we have: it was stored again after the deletion that the member had missed. */
async function restoreLater({ store }: HintDeliveryOptions, member: Descriptor, request: Uint8Array): Promise<void> {
  const missed = missedRequest(request)
  if (missed?.method !== 'delete') return
  const held = await store.expiries(missed.owner, missed.messages)
  await store.addHints(
    [...held].map(([hash, expiry]) => ({
      member: member.nodeId,
      work: { kind: 'message', owner: missed.owner, hash },
      expiry,
    })),
  )
}

/** What a hint of ours holds: it was encoded here, so it can be decoded, unless an older version of us wrote it. */
function missedRequest(
  request: Uint8Array,
): { readonly method: string; readonly owner: Owner; readonly messages: readonly MessageHash[] } | undefined {
  const { method, params } = clientRequest.decode(request)
  const name = parseMethodName(method)
  if (name !== 'delete' && name !== 'expire') return undefined
  const parsed = decodeForward(methodOf(name), params)
  return parsed.kind === 'ok'
    ? { method: name, owner: parsed.params.owner, messages: parsed.params.messages }
    : undefined
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
