/** What members that missed a request will get later: the message, the record that it left, or the request itself. */
import {
  forwardRequest,
  LIMITS,
  type MemberFailure,
  type StoreEntry,
  type SwarmEntry,
  unixMillis,
} from '@starling/protocol'
import type { ChangeRecord } from './change-record.ts'
import type { NewHint } from './node-store.ts'
import type { SwarmCall, TakenUp } from './own-storage.ts'

/** A hint for each member that failed, and may do it later. Nothing, where this member has nothing that it could hand on. */
export function missedWork(
  call: SwarmCall,
  outcome: {
    readonly taken: TakenUp
    readonly mine: SwarmEntry<unknown>
    readonly others: readonly SwarmEntry<unknown>[]
  },
  recordOf: (call: SwarmCall, taken: TakenUp) => ChangeRecord | undefined,
): readonly NewHint[] {
  const { others } = outcome
  const missed = others.filter((entry) => entry.kind === 'failed' && !isFinal(call, entry.failure))
  const found = missed.length === 0 ? undefined : workFor(call, outcome, recordOf)
  return found === undefined ? [] : missed.map(({ node }) => ({ member: node, ...found }))
}

function workFor(
  call: SwarmCall,
  { taken, mine }: { readonly taken: TakenUp; readonly mine: SwarmEntry<unknown> },
  recordOf: (call: SwarmCall, taken: TakenUp) => ChangeRecord | undefined,
): Omit<NewHint, 'member'> | undefined {
  if (call.method === 'store') {
    if (mine.kind === 'failed') return undefined
    const { owner, expiry } = call.params
    return { work: { kind: 'message', owner, hash: (mine.value as StoreEntry).hash }, expiry }
  }
  const record = recordOf(call, taken)
  if (record) {
    return mine.kind === 'done' ? { work: { kind: 'record', id: record.id }, expiry: record.expiry } : undefined
  }
  const request = forwardRequest.encode({ version: 2, at: taken.at, method: call.method, params: taken.params })
  return { work: { kind: 'request', request }, expiry: unixMillis(taken.at + LIMITS.maxPrivateTtl) }
}

/**
 * A member that judged the request itself would judge it the same again; anything else may pass. What it gets later it
 * verifies without a window of time, but for requests that are sent again.
 */
function isFinal(call: SwarmCall, failure: MemberFailure): boolean {
  if (call.method === 'store' || failure.kind !== 'refused') return false
  const isSentAgain = call.method === 'expire' || call.method === 'expire_all'
  return [400, 401].includes(failure.status) || (isSentAgain && failure.status === 406)
}
