/** Whether the subaccount that signed a request is still allowed to. docs/protocol/storage-rpc.md §2. */
import { type RpcCall, type SubaccountToken, subaccountOf, type UnixMillis } from '@starling/protocol'
import { type TokenText, tokenText } from './change-record.ts'
import type { NodeStore } from './node-store.ts'

export type RevocationCheck = (owner: unknown, token: SubaccountToken) => boolean

/** Of those that are revoked, which were so at that time: what was done before stays done. */
export function revokedSince(revoked: ReadonlyMap<TokenText, UnixMillis>, at: UnixMillis): RevocationCheck {
  return (_owner, token) => {
    const since = revoked.get(tokenText(token))
    return since !== undefined && since <= at
  }
}

/**
 * For the verification of one call. The storage is asked only if a subaccount signed it.
 *
 * @param at when the member that the client asked took it up; without it: now
 * @throws {NodeStoreError}
 */
export async function revocationsFor(store: NodeStore, call: RpcCall, at?: UnixMillis): Promise<RevocationCheck> {
  if (subaccountOf(call) === undefined || !('owner' in call.params)) return () => false
  const revoked = await store.revokedTokens(call.params.owner)
  return at === undefined ? (_owner, token) => revoked.has(tokenText(token)) : revokedSince(revoked, at)
}
