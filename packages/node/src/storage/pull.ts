/**
 * Gets from another member of the swarm what it has and we lack: digests of buckets tell which differ, lists tell what is
 * missing, and what is fetched goes through the intake. Nothing but the data itself says how far it got.
 */
import {
  compareBytes,
  type Descriptor,
  type DirectoryView,
  digestsReply,
  digestsRequest,
  FrameKind,
  fetchReply,
  fetchRequest,
  listReply,
  listRequest,
  MAX_ITEMS,
  MessengerError,
  type Millis,
  type NodeId,
  seconds,
  toHex,
} from '@starling/protocol'
import type { Clock } from '@starling/runtime'
import { PeerError } from '../peer-error.ts'
import type { Intake } from './intake.ts'
import { decodeAnswer, missingIn } from './items.ts'
import type { NodeStore } from './node-store.ts'
import type { Replication } from './replication.ts'
import { touches } from './swarm-arc.ts'
import { throttled } from './throttle.ts'

const ASK_TIMEOUT = seconds(5)
const FETCH_TIMEOUT = seconds(15)
/** Fetches in a row that brought nothing: then a member has nothing for us, whatever it lists. */
const MAX_BARREN = 64
/** Items that could not be taken, and are not fetched again for a while. 32 hex digits each. */
const MAX_USELESS = 10_000

export type PullOptions = {
  readonly nodeId: NodeId
  readonly clock: Clock
  readonly store: NodeStore
  readonly replication: Pick<Replication, 'send'>
  readonly intake: Intake
}

export type PullCounts = { taken: number; bytes: number; refused: number }

export type PullTask = {
  readonly directory: DirectoryView
  readonly member: Descriptor
  /** Added to as it goes. */
  readonly counts: PullCounts
  /** IDs of items that could not be taken before; added to. */
  readonly useless: Set<string>
  readonly onProgress: (done: number, total: number) => void
}

/** Our own storage does not take what it should: no use in fetching more. */
export class PullStalledError extends MessengerError {
  override readonly name = 'PullStalledError'
  readonly fault = 'environment'
  readonly code = 'stalled'
}

/**
 * Asks whether the member answers such questions.
 *
 * @throws {PeerError} `refused`, if it does not (yet) have us in its swarm
 */
export async function differingBuckets(
  options: PullOptions,
  { directory, member }: Pick<PullTask, 'directory' | 'member'>,
  signal: AbortSignal,
): Promise<readonly { readonly bucket: number; readonly count: number }[]> {
  const { nodeId, store } = options
  const swarm = directory.nodes.get(nodeId)!.swarmId
  const buckets = [...(await store.digests())]
    .filter(([bucket]) => touches(directory, swarm, bucket))
    .map(([bucket, { count, digest }]) => ({ bucket, count, digest }))
    .toSorted((a, b) => a.bucket - b.bucket)
  const payload = digestsRequest.encode({ version: 1, buckets })
  return ask(options, { member, kind: FrameKind.digests, payload, timeout: ASK_TIMEOUT }, digestsReply.decode, signal)
}

/** @throws {PeerError} when the member fails; {PullStalledError} when we do. What was taken until then stays. */
export async function pull(options: PullOptions, task: PullTask, signal: AbortSignal): Promise<void> {
  const buckets = await differingBuckets(options, task, signal)
  const total = buckets.reduce((sum, { count }) => sum + count, 0)
  const state = { done: 0, barren: 0 }
  task.onProgress(0, total)
  for (const { bucket } of buckets) {
    for (let after: Uint8Array | undefined, isLast = false; !isLast; ) {
      const { ids, next } = await list(options, task.member, bucket, after, signal)
      await fetchMissing(options, { ...task, bucket, ids, state }, signal)
      state.done += ids.length
      task.onProgress(Math.min(state.done, total), total)
      isLast = next === undefined
      after = next
    }
  }
}

async function list(
  options: PullOptions,
  member: Descriptor,
  bucket: number,
  after: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<{ readonly ids: readonly Uint8Array[]; readonly next: Uint8Array | undefined }> {
  const payload = listRequest.encode({ version: 1, bucket, after })
  const page = await ask(
    options,
    { member, kind: FrameKind.list, payload, timeout: ASK_TIMEOUT },
    listReply.decode,
    signal,
  )
  // A list that does not go on never ends.
  if (page.next && after && compareBytes(page.next, after) <= 0) throw new PeerError('refused')
  return page
}

type Listed = PullTask & {
  readonly bucket: number
  readonly ids: readonly Uint8Array[]
  readonly state: { barren: number }
}

async function fetchMissing(options: PullOptions, task: Listed, signal: AbortSignal): Promise<void> {
  const { bucket, useless } = task
  const missing = await missingIn(options.store, bucket, task.ids)
  let rest = missing.filter((id) => !useless.has(toHex(id)))
  while (rest.length > 0) {
    const wanted = rest.slice(0, MAX_ITEMS)
    const served = await throttled(options.clock, signal, () => fetchSome(options, task, wanted, signal))
    const left = await missingIn(options.store, bucket, wanted.slice(0, served))
    task.counts.taken += served - left.length
    for (const id of left) if (useless.size < MAX_USELESS) useless.add(toHex(id))
    task.state.barren = left.length === served ? task.state.barren + 1 : 0
    if (task.state.barren >= MAX_BARREN) throw new PeerError('refused')
    rest = rest.slice(served)
  }
}

/** How many of `wanted`, from the first on, the member has dealt with: at least one. */
async function fetchSome(
  options: PullOptions,
  { member, bucket, counts }: Listed,
  wanted: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly value: number }> {
  const payload = fetchRequest.encode({ version: 1, bucket, ids: wanted })
  const request = { member, kind: FrameKind.fetch, payload, timeout: FETCH_TIMEOUT }
  let bytes = 0
  const { served, items } = await ask(
    options,
    request,
    (body) => {
      bytes = body.length
      return fetchReply.decode(body)
    },
    signal,
  )
  if (served === 0 || served > wanted.length) throw new PeerError('refused')
  const taken = await options.intake.take(items)
  counts.bytes += bytes
  counts.refused += taken.filter((outcome) => outcome === 'refused' || outcome === 'later').length
  if (taken.includes('failed')) throw new PullStalledError('our storage does not take it')
  return { bytes, value: served }
}

/** @throws {PeerError} `refused`, if the member answers that it will not, or with garbage. */
async function ask<T>(
  { replication }: PullOptions,
  request: {
    readonly member: Descriptor
    readonly kind: number
    readonly payload: Uint8Array
    readonly timeout: Millis
  },
  decode: (body: Uint8Array) => T,
  signal: AbortSignal,
): Promise<T> {
  const { member, kind, payload, timeout } = request
  const reply = await replication.send(member, kind, payload, timeout, signal)
  if (reply.status !== 200) throw new PeerError('refused')
  return decodeAnswer(() => decode(reply.body))
}
