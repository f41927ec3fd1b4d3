/** What members that missed a request will get later: the message, or the record that it left. */
import type { MemberFailure, StoreEntry, SwarmEntry } from '@starling/protocol'
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
  const record = mine.kind === 'done' ? recordOf(call, taken) : undefined
  return record && { work: { kind: 'record', id: record.id }, expiry: record.expiry }
}

/** A member that judged the request itself would judge it the same again; anything else may pass. */
function isFinal(call: SwarmCall, failure: MemberFailure): boolean {
  return call.method !== 'store' && failure.kind === 'refused' && [400, 401].includes(failure.status)
}
