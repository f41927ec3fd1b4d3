/** Brings members what they missed: durable hints, retried until they succeed, expire, or the member leaves the swarm. */
import {
  type Descriptor,
  type DirectoryView,
  FrameKind,
  millis,
  ownerBytes,
  type RandomBytes,
  seconds,
  TRANSFER_OUTCOMES,
  transferReply,
  transferRequest,
  unixMillis,
} from '@starling/protocol'
import { backoff, type Clock, type Observable } from '@starling/runtime'
import { PeerError } from '../peer-error.ts'
import type { Hint, NodeStore } from './node-store.ts'
import type { Replication } from './replication.ts'

const INTERVAL = seconds(1)
const BATCH = 100
const TRANSFER_TIMEOUT = seconds(15)
const FIRST_RETRY = seconds(2)
const LONGEST_RETRY = seconds(15)

export type HintDeliveryOptions = {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly store: NodeStore
  readonly replication: Replication
  readonly view: Observable<DirectoryView | undefined>
}

type MessageHint = Hint & { readonly work: { readonly kind: 'message' } }

/** Runs until `signal` aborts. */
export async function runHintDelivery(options: HintDeliveryOptions, signal: AbortSignal): Promise<void> {
  const { clock, store, view } = options
  while (!signal.aborted) {
    await clock.sleep(INTERVAL, { signal })
    const directory = view.snapshot
    if (!directory) continue
    const members = await store.hintedMembers(clock.now())
    await Promise.all(
      members.map(async (nodeId) => {
        // One who has left the directory may come back: its hints wait, until they expire.
        const member = directory.nodes.get(nodeId)?.descriptor
        if (member) await deliverTo(options, directory, member, signal)
      }),
    )
  }
}

async function deliverTo(
  options: HintDeliveryOptions,
  directory: DirectoryView,
  member: Descriptor,
  signal: AbortSignal,
): Promise<void> {
  const { clock, store } = options
  for (let more = true; more && !signal.aborted; ) {
    const hints = await store.dueHints({ member: member.nodeId, now: clock.now(), limit: BATCH })
    more = hints.length === BATCH
    const obsolete = hints.filter((hint) => !isResponsible(directory, member, hint))
    await store.settleHints(obsolete.map(({ id }) => id))
    const due = hints.filter((hint) => !obsolete.includes(hint))
    const messages = due.filter((hint): hint is MessageHint => hint.work.kind === 'message')
    const delivered =
      (await transfer(options, member, messages, signal)) && (await replay(options, member, due, signal))
    more &&= delivered
  }
}

function isResponsible(directory: DirectoryView, member: Descriptor, hint: Hint): boolean {
  if (hint.work.kind === 'request') return true
  return directory.isMember(member.nodeId, ownerBytes(hint.work.message.owner).subarray(1))
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
  const payload = transferRequest.encode({ version: 1, items: hints.map(({ work }) => work.message) })
  const outcomes = await attempt(options, hints, async () => {
    const reply = await replication.probe(member, FrameKind.transfer, payload, TRANSFER_TIMEOUT, signal)
    if (reply.status !== 200) throw new PeerError('refused')
    const codes = transferReply.decode(reply.body)
    if (codes.length !== hints.length) throw new PeerError('refused')
    return codes
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
  hints: readonly Hint[],
  signal: AbortSignal,
): Promise<boolean> {
  for (const hint of hints) {
    if (hint.work.kind !== 'request') continue
    const { request } = hint.work
    const reply = await attempt(options, [hint], () =>
      options.replication.probe(member, FrameKind.forward, request, TRANSFER_TIMEOUT, signal),
    )
    if (!reply) return false
    // A refusal is an answer: asking again would not change it.
    await options.store.settleHints([hint.id])
  }
  return true
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
