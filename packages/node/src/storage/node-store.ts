/**
 * The port of a node's storage. Everything that resolves is durable: after a crash of process or machine it is still
 * there. Adapters: `store-sqlite/` and, for simulations, `storage/memory-store.ts`; both run `node-store.suite.ts`.
 */
import type { MessageHash, Millis, Namespace, NodeId, Owner, RecordId, UnixMillis } from '@starling/protocol'
import type { ChangeRecord, TokenText } from './change-record.ts'

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
  /** The clock of the member whom the client asked, when it did: all members have the same. */
  readonly storedAt: UnixMillis
}

export type PutOutcome =
  | { readonly kind: 'stored' }
  /**
   * The hash was here already; a later expiry, and a later `storedAt` with its authorisation, replaced the stored one.
   * `expiry`: the one that holds after all changes.
   */
  | { readonly kind: 'existed'; readonly expiry: UnixMillis }
  /** Of a peer only: a change record deletes it, so it was not taken. */
  | { readonly kind: 'deleted' }

/**
 * Who brings a message. A client's is new, whatever was deleted before: if a change record is not older than it (members'
 * clocks differ), `storedAt` is raised to just after the record. A peer's may be an old one.
 */
export type PutOrigin = 'client' | 'peer'

export type RetrieveQuery = {
  readonly owner: Owner
  readonly namespace: Namespace
  /** Messages that come after this one in the order asked for; an unknown hash means from the beginning. */
  readonly after?: MessageHash
  /** The newest first. */
  readonly reverse?: boolean
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
    /** A forwarded request (expire), encoded, as files of schema 2 and before have them. */
    | { readonly kind: 'request'; readonly request: Uint8Array }
    /** As it is now; goes together with the record. */
    | { readonly kind: 'record'; readonly record: ChangeRecord }
  /** How often it was postponed. */
  readonly attempts: number
}

/** Of the payloads of one answer of `dueHints`. */
export const HINT_BUDGET = 1_048_576

/** What a hint takes of `HINT_BUDGET`. */
export function hintSize(work: Hint['work']): number {
  if (work.kind === 'message') return work.message.data.length
  return work.kind === 'request' ? work.request.length : work.record.request.length
}

export type NewHint = {
  readonly member: NodeId
  readonly work:
    | { readonly kind: 'message'; readonly owner: Owner; readonly hash: MessageHash }
    | { readonly kind: 'request'; readonly request: Uint8Array }
    | { readonly kind: 'record'; readonly id: RecordId }
  readonly expiry: UnixMillis
}

export type HashExpiry = { readonly hash: MessageHash; readonly expiry: UnixMillis }
export type PlacedHash = { readonly hash: MessageHash; readonly namespace: Namespace }

export type ChangeOutcome = {
  /** Sorted by hash, as the others. */
  readonly deleted: readonly PlacedHash[]
  /** Of a change of expiry: the messages that it changed, or set, with the expiry that now holds. */
  readonly updated: readonly (PlacedHash & HashExpiry)[]
  /** Of those that an `expire` names, the others. */
  readonly unchanged: readonly HashExpiry[]
  /** Of a withdrawal: the tokens that were revoked and are not any more. */
  readonly count: number
  /** It was here already, so nothing was done. */
  readonly known: boolean
}

/** What there is in a bucket: two members that have the same have the same digest. */
export type BucketDigest = {
  readonly count: number
  /** 16 bytes: XOR of the IDs of its items. */
  readonly digest: Uint8Array
}

/** A message or a change record of a bucket. */
export type BucketItem = {
  /** 16 bytes: the first of a message's hash; a record's ID. */
  readonly id: Uint8Array
  readonly kind: 'message' | 'record'
  readonly owner: Owner
}

export type StoreStats = {
  readonly messages: number
  readonly records: number
  readonly hints: number
  readonly sizeBytes: number
}

export interface NodeStore extends AsyncDisposable {
  /**
   * Calls that come in together share one transaction and one fsync. All writes, of whatever kind, take effect in the order
   * in which they were called. The bytes of what is written belong to the store from the call on.
   *
   * @param origin `client` unless given. The limits of an owner hold for clients; what peers acknowledged may take twice as
   *   much.
   * @throws {NodeStoreError} `owner_full`; and as all writes: `full`, `busy`, `io`, `damaged`, `not_writable`, `closed`.
   *   Reads: `io`, `damaged`, `closed`.
   */
  put(message: StoredMessage, origin?: PutOrigin): Promise<PutOutcome>
  /** In the order of arrival here. Never waits for writes. */
  retrieve(query: RetrieveQuery): Promise<{ readonly messages: readonly StoredMessage[]; readonly more: boolean }>
  /**
   * Carries a change record out and keeps it; a record that is here already changes nothing. Messages that were stored after
   * the record stay. Of a token, the latest record counts; at the same time, the revocation does. The expiry of a message
   * follows from what its stores gave it and from all records, whatever the order in which they come: `expiryAfter`. A
   * change of expiry that makes no difference beside another one is not kept.
   */
  apply(record: ChangeRecord): Promise<ChangeOutcome>
  /** Those of `hashes` that existed, sorted. Keeps no record: for what every member deletes by itself. */
  delete(owner: Owner, hashes: readonly MessageHash[]): Promise<readonly MessageHash[]>
  expiries(owner: Owner, hashes: readonly MessageHash[]): Promise<ReadonlyMap<MessageHash, UnixMillis>>
  /** Deletes at most `limit` expired messages, records and hints; returns how many. */
  deleteExpired(now: UnixMillis, limit: number): Promise<number>

  /**
   * Adding the same message or record hint for the same member again changes nothing. Such a hint lives no longer than what
   * it names: it is not added when that is not here, and goes when that is deleted or expires.
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

  /** Tokens of the owner that are revoked, and since when; the newest 50. */
  revokedTokens(owner: Owner): Promise<ReadonlyMap<TokenText, UnixMillis>>

  /** All owners that have messages or records, in a stable order, `limit` at a time. */
  owners(options: { readonly after?: Owner; readonly limit: number }): Promise<readonly Owner[]>
  hashesOf(owner: Owner): Promise<readonly HashExpiry[]>
  recordsOf(owner: Owner): Promise<readonly ChangeRecord[]>

  /** Of every bucket (`bucketOf`) that has items. Expired items count until they are deleted. */
  digests(): Promise<ReadonlyMap<number, BucketDigest>>
  /** In the order of their IDs, after the ID `after`. */
  itemsIn(
    bucket: number,
    options: { readonly after?: Uint8Array; readonly limit: number },
  ): Promise<readonly BucketItem[]>
  /**
   * Those that are here, as other members are told of them: with the expiry that was given, if that is later than the one
   * that holds. An ID is looked up in its bucket.
   */
  messagesByItem(
    items: readonly { readonly bucket: number; readonly id: Uint8Array }[],
  ): Promise<readonly StoredMessage[]>
  /** Those that are here. */
  recordsById(ids: readonly RecordId[]): Promise<readonly ChangeRecord[]>
  /** Drops what does not belong here any more, without a record. */
  forget(
    owner: Owner,
    items: { readonly hashes: readonly MessageHash[]; readonly records: readonly RecordId[] },
  ): Promise<void>

  /** Small durable values of the node itself: the directory document, the descriptor's time. */
  getValue(key: string): Promise<Uint8Array | undefined>
  setValue(key: string, value: Uint8Array): Promise<void>

  stats(): Promise<StoreStats>
}

export type StoreTuning = {
  /** Of the database; 0: no limit. What would make it larger fails with `full`. */
  readonly maxBytes: number
  /** Of the data of an owner's messages and what authorised them; 0 or not given: no limit. */
  readonly maxOwnerBytes?: number
  /** 0 or not given: no limit. */
  readonly maxOwnerMessages?: number
  /**
   * How long the first write of a group waits for others, unless the last group had one write only. 0 is a good value: what
   * comes in while a group is written forms the next one, and waiting longer gave no more writes/s at 4 to 64 in flight.
   */
  readonly groupDelay: Millis
}
