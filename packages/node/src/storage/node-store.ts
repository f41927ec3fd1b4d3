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
  /** Sum over `100 + 43 + floor(4 · data / 3)`; at least one message is returned. */
  readonly sizeBudget: number
  readonly countLimit: number
}

export type ExpireMode = 'set' | 'shorten' | 'extend'

/** Something that another member has not received yet: kept until it has, or until it expires. */
export type Hint = {
  readonly id: number
  readonly member: NodeId
  readonly work:
    /** The message itself is read when it is sent. */
    | { readonly kind: 'message'; readonly message: StoredMessage }
    /** A forwarded request (delete, expire), encoded. */
    | { readonly kind: 'request'; readonly request: Uint8Array }
  readonly attempts: number
}

export type NewHint = {
  readonly member: NodeId
  readonly work: { readonly kind: 'message'; readonly hash: MessageHash } | { readonly kind: 'request'; readonly request: Uint8Array }
  readonly expiry: UnixMillis
}

export type StoreStats = { readonly messages: number; readonly hints: number; readonly sizeBytes: number }

export interface NodeStore extends AsyncDisposable {
  /** Calls that come in together share one transaction and one fsync. @throws {NodeStoreError} `full`, `io` */
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

  /** Adding the same message hint for the same member again changes nothing. */
  addHints(hints: readonly NewHint[]): Promise<void>
  /** Hints whose time has come, oldest first, at most `limit` and about 1 MiB a member; message hints whose message is gone are dropped on the way. */
  dueHints(options: { readonly member: NodeId; readonly now: UnixMillis; readonly limit: number }): Promise<readonly Hint[]>
  /** Members that hints wait for. */
  hintedMembers(now: UnixMillis): Promise<readonly NodeId[]>
  settleHints(ids: readonly number[]): Promise<void>
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
  /** 0: no limit. Beyond it `put` fails with `full`. */
  readonly maxBytes: number
  /** How long the first message of a group waits for others. */
  readonly groupDelay: Millis
}
