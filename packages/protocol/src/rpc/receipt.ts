/** What can be believed of "stored on n of m". */
import type { Crypto } from '../crypto/crypto.ts'
import type { NodeId } from '../swarm/node-id.ts'
import type { MessageHash } from './message-hash.ts'
import { type StoreEntry, storeEntry } from './methods/store.ts'
import { type MemberFailure, type SwarmEntry, verifyEntry } from './swarm-result.ts'

export type ReceiptFailure =
  | MemberFailure
  /** It stored something else, or did not sign that it stored this. */
  | { readonly kind: 'badReceipt' }
  /** The answer has no entry for it. */
  | { readonly kind: 'missing' }

export type VerifiedReceipts = {
  readonly verified: readonly NodeId[]
  readonly failed: readonly { readonly node: NodeId; readonly failure: ReceiptFailure }[]
}

/**
 * Which members of a swarm signed that they stored a message. Entries of nodes that are no members count for nothing, so
 * the contacted node cannot make up receipts. One Ed25519 verification for each member.
 *
 * @param options.hash as we computed it: a receipt for another message is none
 */
export function verifyStoreReceipts(
  crypto: Crypto,
  options: {
    readonly entries: readonly SwarmEntry<StoreEntry>[]
    readonly hash: MessageHash
    readonly members: readonly NodeId[]
  },
): VerifiedReceipts {
  const byNode = new Map(options.entries.map((entry) => [entry.node, entry]))
  const verified: NodeId[] = []
  const failed: { node: NodeId; failure: ReceiptFailure }[] = []
  for (const node of new Set(options.members)) {
    const entry = byNode.get(node)
    if (entry === undefined) failed.push({ node, failure: { kind: 'missing' } })
    else if (entry.kind === 'failed') failed.push({ node, failure: entry.failure })
    else if (entry.value.hash !== options.hash || !verifyEntry(crypto, storeEntry, undefined, entry)) {
      failed.push({ node, failure: { kind: 'badReceipt' } })
    } else verified.push(node)
  }
  return { verified, failed }
}
