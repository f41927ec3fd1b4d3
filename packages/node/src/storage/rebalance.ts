/**
 * When the directory changes, messages may get new members in their swarm, or another swarm. Whoever holds a message leaves
 * a durable hint for each member that is new to it; delivering hints then moves the data. What no longer belongs here is
 * kept until it expires: nothing is lost to a directory that changes back.
 */
import { DirectoryView, decodeDocument, encodeDocument, type NodeId, ownerBytes, seconds } from '@starling/protocol'
import type { Clock, Logger, Observable } from '@starling/runtime'
import type { NewHint, NodeStore } from './node-store.ts'
import { NodeStoreError } from './node-store-error.ts'

/** Key of the stored value. */
const FOLLOWED = 'rebalance.followed'
const PAGE = 200
const HINTS_AT_ONCE = 500
const RETRY = seconds(5)

export type RebalanceOptions = {
  readonly nodeId: NodeId
  readonly clock: Clock
  readonly logger: Logger
  readonly store: NodeStore
  readonly view: Observable<DirectoryView | undefined>
}

/** Follows the directory until `signal` aborts. What was followed last is durable: a crash in the middle leaves no gap. */
export async function runRebalance(options: RebalanceOptions, signal: AbortSignal): Promise<void> {
  const { store, view, logger, clock } = options
  let known: DirectoryView | undefined
  while (!signal.aborted) {
    try {
      known ??= await followed(store)
      const next = await nextView(view, known, signal)
      if (known && !sameSwarms(known, next)) await leaveHints(options, known, next, signal)
      if (!known || !sameSwarms(known, next)) await store.setValue(FOLLOWED, encodeDocument(next.document))
      known = next
    } catch (error) {
      if (signal.aborted || !(error instanceof NodeStoreError)) throw error
      logger.error('rebalance.failed', { code: error.code })
      await clock.sleep(RETRY, { signal })
    }
  }
}

/** The directory up to which all hints are left. */
async function followed(store: NodeStore): Promise<DirectoryView | undefined> {
  const encoded = await store.getValue(FOLLOWED)
  return encoded && new DirectoryView(decodeDocument(encoded))
}

async function nextView(
  view: Observable<DirectoryView | undefined>,
  known: DirectoryView | undefined,
  signal: AbortSignal,
): Promise<DirectoryView> {
  const { promise, resolve, reject } = Promise.withResolvers<DirectoryView>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort)
  const stop = view.subscribe((value) => {
    if (value && value !== known) resolve(value)
  })
  try {
    signal.throwIfAborted()
    return await promise
  } finally {
    stop()
    signal.removeEventListener('abort', onAbort)
  }
}

async function leaveHints(
  options: RebalanceOptions,
  before: DirectoryView,
  after: DirectoryView,
  signal: AbortSignal,
): Promise<void> {
  const { store, nodeId, clock, logger } = options
  let total = 0
  let page = await store.owners({ limit: PAGE })
  while (page.length > 0 && !signal.aborted) {
    const hints: NewHint[] = []
    for (const owner of page) {
      const key = ownerBytes(owner).subarray(1)
      const old = new Set(before.swarmOf(key)?.members.map(({ descriptor }) => descriptor.nodeId))
      const added = (after.swarmOf(key)?.members ?? [])
        .map(({ descriptor }) => descriptor.nodeId)
        .filter((member) => member !== nodeId && !old.has(member))
      if (added.length === 0) continue
      for (const { hash, expiry } of await store.hashesOf(owner)) {
        if (expiry <= clock.now()) continue
        for (const member of added) hints.push({ member, work: { kind: 'message', owner, hash }, expiry })
      }
    }
    for (let at = 0; at < hints.length; at += HINTS_AT_ONCE) await store.addHints(hints.slice(at, at + HINTS_AT_ONCE))
    total += hints.length
    page = await store.owners({ after: page.at(-1)!, limit: PAGE })
  }
  if (total > 0) logger.info('rebalance.hinted', { count: total, epoch: after.document.epoch })
}

function sameSwarms(a: DirectoryView, b: DirectoryView): boolean {
  return (
    a.nodes.size === b.nodes.size && [...a.nodes].every(([id, entry]) => b.nodes.get(id)?.swarmId === entry.swarmId)
  )
}
