/** Offers items to one member of the swarm to which they belong, and transfers those that it lacks. */
import {
  type Descriptor,
  FrameKind,
  OFFER_ANSWERS,
  offerReply,
  offerRequest,
  seconds,
  TRANSFER_OUTCOMES,
  toHex,
  transferRequest,
} from '@starling/protocol'
import type { Clock, LinkReply } from '@starling/runtime'
import { PeerError } from '../peer-error.ts'
import { decodeAnswer, decodeOutcomes, readSome } from './items.ts'
import type { BucketItem, NodeStore } from './node-store.ts'
import type { Replication } from './replication.ts'
import { throttled } from './throttle.ts'

const OFFER_TIMEOUT = seconds(5)
const TRANSFER_TIMEOUT = seconds(15)

export type OfferOptions = {
  readonly clock: Clock
  readonly store: NodeStore
  readonly replication: Pick<Replication, 'send'>
}

export type Offer = {
  readonly member: Descriptor
  readonly bucket: number
  /** At most `MAX_ITEMS`. */
  readonly items: readonly BucketItem[]
}

/** The IDs, in hex, of those that the member has now, or that are here no longer; none, if it cannot be reached. */
export async function offerTo(options: OfferOptions, offer: Offer, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const held = new Set<string>()
  try {
    const missing = await ask(options, offer, held, signal)
    while (missing.length > 0) {
      await throttled(options.clock, signal, () => transferSome(options, offer, { missing, held }, signal))
    }
  } catch (error) {
    if (!(error instanceof PeerError)) throw error // tried again with the next round
  }
  return held
}

/** IDs of those that are missing there; those that are there are added to `held`. */
async function ask(
  { replication }: OfferOptions,
  { member, bucket, items }: Offer,
  held: Set<string>,
  signal: AbortSignal,
): Promise<Uint8Array[]> {
  const payload = offerRequest.encode({ version: 1, bucket, items: items.map(({ owner, id }) => ({ owner, id })) })
  const body = accepted(await replication.send(member, FrameKind.offer, payload, OFFER_TIMEOUT, signal))
  const answers = decodeAnswer(() => {
    const codes = offerReply.decode(body)
    return codes.length === items.length ? codes : undefined
  })
  const withAnswer = (answer: number) => items.filter((_, index) => answers[index] === answer).map(({ id }) => id)
  for (const id of withAnswer(OFFER_ANSWERS.here)) held.add(toHex(id))
  return withAnswer(OFFER_ANSWERS.missing)
}

/** Transfers a megabyte, and takes it from `missing`. */
async function transferSome(
  { store, replication }: OfferOptions,
  { member, bucket }: Offer,
  { missing, held }: { missing: Uint8Array[]; held: Set<string> },
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly value: undefined }> {
  const { items: found, served } = await readSome(store, bucket, missing)
  const gone = new Set(missing.splice(0, served).map((id) => toHex(id)))
  for (const { id } of found) gone.delete(toHex(id))
  for (const id of gone) held.add(id)
  const payload = transferRequest.encode({ version: 2, items: found.map(({ item }) => item) })
  const body = accepted(await replication.send(member, FrameKind.transfer, payload, TRANSFER_TIMEOUT, signal))
  const outcomes = decodeOutcomes(body, found.length)
  for (const [index, { id }] of found.entries()) if (outcomes[index] === TRANSFER_OUTCOMES.stored) held.add(toHex(id))
  return { bytes: payload.length, value: undefined }
}

function accepted(reply: LinkReply): Uint8Array {
  if (reply.status !== 200) throw new PeerError('refused')
  return reply.body
}
