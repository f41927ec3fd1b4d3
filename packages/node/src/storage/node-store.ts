/**
 * The port of a node's storage. Everything that resolves is durable: after a crash of process or machine it is still
 * there. Adapters: `store-sqlite/` and, for simulations, `storage/memory-store.ts`; both run `node-store.suite.ts`.
 */
import type { MessageHash, Millis, Namespace, NodeId, Owner, UnixMillis } from '@starling/protocol'

/** A message as a swarm keeps it. */
export type StoredMessage = {
  readonly hash: MessageHash
  readonly owner: Owner
  readonly namespace: Namespace
  /** Given by the sender. */
  readonly timestamp: UnixMillis
  readonly expiry: UnixMillis
  /** At most 76 800 bytes. */
  readonly data: Uint8Array
  /** What authorised the store in a private namespace, encoded, so that members can verify it later; empty in public ones. */
  readonly authorisation: Uint8Array
}

export type PutOutcome =
  | { readonly kind: 'stored' }
  /** The hash was here already; a later expiry replaced the stored one. */
  | { readonly kind: 'existed'; readonly expiry: UnixMillis }

export type RetrieveQuery = {
  readonly owner: Owner
  readonly namespace: Namespace
  /** Messages that arrived here after this one; an unknown hash means from the beginning. */
  readonly after?: MessageHash
  /** Expired messages are not returned. */
  readonly now: UnixMillis
  /** Bound of the sum of `retrieveCost`; one message is returned even if it exceeds it. */
  readonly sizeBudget: number
  /** At least 1. */
  readonly countLimit: number
}

/** What a message of `sizeBytes` takes of the size budget. @see docs/protocol/storage-rpc.md §8 */
export function retrieveCost(sizeBytes: number): number {
  return 100 + 43 + Math.floor((4 * sizeBytes) / 3)
}

export type ExpireMode = 'set' | 'shorten' | 'extend'

/** Something that another member has not received yet: kept until it has, or until it expires. */
export type Hint = {
  readonly id: number
  readonly member: NodeId
  readonly work: /** The message itself is read when it is sent. */
    | { readonly kind: 'message'; readonly message: StoredMessage }
    /** A forwarded request (delete, expire), encoded. */
    | { readonly kind: 'request'; readonly request: Uint8Array }
  /** How often it was postponed. */
  readonly attempts: number
}

/** Of the payloads of one answer of `dueHints`. */
export const HINT_BUDGET = 1_048_576

export type NewHint = {
  readonly member: NodeId
  readonly work:
    | { readonly kind: 'message'; readonly hash: MessageHash }
    | { readonly kind: 'request'; readonly request: Uint8Array }
  readonly expiry: UnixMillis
}

export type StoreStats = { readonly messages: number; readonly hints: number; readonly sizeBytes: number }

export interface NodeStore extends AsyncDisposable {
  /**
   * Calls that come in together share one transaction and one fsync. All writes, of whatever kind, take effect in the order
   * in which they were called. The bytes of what is written belong to the store from the call on.
   *
   * @throws {NodeStoreError} `full`, `busy`, `io`, `closed`; so do all other writes. Reads: `io`, `closed`.
   */
  put(message: StoredMessage): Promise<PutOutcome>
  /** In the order of arrival here. Never waits for writes. */
  retrieve(query: RetrieveQuery): Promise<{ readonly messages: readonly StoredMessage[]; readonly more: boolean }>
  /** Those of `hashes` that existed, sorted. */
  delete(owner: Owner, hashes: readonly MessageHash[]): Promise<readonly MessageHash[]>
  /** `updated` sorted by hash, with the expiry that now holds; `unchanged`: existing ones that were not touched. */
  expire(change: {
    readonly owner: Owner
    readonly hashes: readonly MessageHash[]
    /** One for all, or one for each. */
    readonly expiries: readonly UnixMillis[]
    readonly mode: ExpireMode
  }): Promise<{
    readonly updated: readonly { readonly hash: MessageHash; readonly expiry: UnixMillis }[]
    readonly unchanged: readonly { readonly hash: MessageHash; readonly expiry: UnixMillis }[]
  }>
  expiries(owner: Owner, hashes: readonly MessageHash[]): Promise<ReadonlyMap<MessageHash, UnixMillis>>
  /** Deletes at most `limit` expired messages and hints; returns how many. */
  deleteExpired(now: UnixMillis, limit: number): Promise<number>

  /**
   * Adding the same message hint for the same member again changes nothing. A message hint lives no longer than its
   * message: it is not added when the message is not here, and goes when the message is deleted or expires.
   */
  addHints(hints: readonly NewHint[]): Promise<void>
  /**
   * Hints whose time has come, in the order in which it came (those never postponed first), then of their addition; at most
   * `limit` and `HINT_BUDGET`, at least one.
   */
  dueHints(options: {
    readonly member: NodeId
    readonly now: UnixMillis
    readonly limit: number
  }): Promise<readonly Hint[]>
  /** Members for whom there are hints, due or postponed, sorted. */
  hintedMembers(now: UnixMillis): Promise<readonly NodeId[]>
  settleHints(ids: readonly number[]): Promise<void>
  /** Not due before `until`; counts an attempt. */
  postponeHints(ids: readonly number[], until: UnixMillis): Promise<void>
  dropHintsOf(member: NodeId): Promise<void>

  /** All owners that have messages, in a stable order, `limit` at a time. */
  owners(options: { readonly after?: Owner; readonly limit: number }): Promise<readonly Owner[]>
  hashesOf(owner: Owner): Promise<readonly { readonly hash: MessageHash; readonly expiry: UnixMillis }[]>

  /** Small durable values of the node itself: the directory document, the descriptor's time. */
  getValue(key: string): Promise<Uint8Array | undefined>
  setValue(key: string, value: Uint8Array): Promise<void>

  stats(): Promise<StoreStats>
}

export type StoreTuning = {
  /** Of the database; 0: no limit. What would make it larger fails with `full`. */
  readonly maxBytes: number
  /**
   * How long the first write of a group waits for others, unless the last group had one write only. 0 is a good value: what
   * comes in while a group is written forms the next one, and waiting longer gave no more writes/s at 4 to 64 in flight.
   */
  readonly groupDelay: Millis
}
