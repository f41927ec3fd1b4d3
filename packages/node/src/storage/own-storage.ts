/**
 * What this member of a swarm does alone: keeps messages, changes and deletes them, and signs what it did. Invariant: what
 * is signed is durable.
 */
import {
  CodecError,
  type Crypto,
  clampExpiry,
  type DeleteEntry,
  type DeleteParams,
  type DirectoryView,
  deleteEntry,
  deriveMessageHash,
  type Ed25519SecretKey,
  type EntryRules,
  type ExpireEntry,
  type ExpireParams,
  effectiveChange,
  encodeStoreAuthorisation,
  expireEntry,
  LIMITS,
  MalformedInputError,
  type MessageHash,
  type NodeId,
  namespaceRules,
  ownerBytes,
  type SecretKey,
  type StoreEntry,
  type StoreParams,
  type SwarmEntry,
  signEntry,
  storeEntry,
  TRANSFER_OUTCOMES,
  type TransferItem,
  transferReply,
  transferRequest,
  type UnixMillis,
  utf8,
  verifyStoreAuthorisation,
} from '@starling/protocol'
import type { Clock, LinkReply, Logger, Observable } from '@starling/runtime'
import type { HeldRetrievals } from './held-retrievals.ts'
import type { NodeStore, StoredMessage } from './node-store.ts'
import { NodeStoreError } from './node-store-error.ts'
import { isRevoked } from './revocations.ts'

/** More messages than an owner can have. */
export const MAX_COUNT = 1_000_000

export type OwnStorageOptions = {
  readonly nodeId: NodeId
  readonly secretKey: SecretKey<Ed25519SecretKey>
  readonly crypto: Crypto
  readonly clock: Clock
  readonly logger: Logger
  readonly store: NodeStore
  readonly view: Observable<DirectoryView | undefined>
  readonly held: HeldRetrievals
}

export class OwnStorage {
  readonly #options: OwnStorageOptions

  constructor(options: OwnStorageOptions) {
    this.#options = options
  }

  /** What this member did with a message that a client stores. */
  async store(params: StoreParams): Promise<SwarmEntry<StoreEntry>> {
    const hash = this.hashOf(params)
    const { owner, namespace, timestamp, expiry, data } = params
    return this.#attempt(async () => {
      const kept = await this.#put({
        hash,
        owner,
        namespace,
        timestamp,
        expiry,
        data,
        authorisation: encodeStoreAuthorisation(params),
      })
      return this.#sign(storeEntry, params, { hash, expiry: kept.expiry, already: kept.existed })
    })
  }

  delete(params: DeleteParams): Promise<SwarmEntry<DeleteEntry>> {
    return this.#attempt(async () => {
      const deleted = await this.#options.store.delete(params.owner, params.messages)
      return this.#sign(deleteEntry, params, { deleted })
    })
  }

  expire(params: ExpireParams): Promise<SwarmEntry<ExpireEntry>> {
    const { owner, messages } = params
    const mode = effectiveChange(params)
    const clamped = params.expiries.map((expiry) => clampExpiry(expiry, this.#now))
    return this.#attempt(async () => {
      const { updated, unchanged } = await this.#options.store.expire({
        owner,
        hashes: messages,
        expiries: clamped,
        mode,
      })
      return this.#sign(expireEntry, params, {
        expiries: clamped.length === 1 ? clamped : updated.map(({ expiry }) => expiry),
        updated: updated.map(({ hash }) => hash),
        unchanged: mode === 'set' ? undefined : unchanged,
      })
    })
  }

  /** Messages that we missed, from another member: verified one by one. */
  async take(from: NodeId, payload: Uint8Array): Promise<LinkReply> {
    let items: readonly TransferItem[]
    try {
      items = transferRequest.decode(payload).items
    } catch (error) {
      if (error instanceof CodecError || error instanceof MalformedInputError)
        return { status: 400, body: utf8(error.code) }
      throw error
    }
    const codes = await Promise.all(items.map((item) => this.#takeOne(from, item)))
    return { status: 200, body: transferReply.encode(codes) }
  }

  hashOf({ owner, namespace, data }: StoreParams): MessageHash {
    return deriveMessageHash(this.#options.crypto, owner, namespace, data)
  }

  get #now(): UnixMillis {
    return this.#options.clock.now()
  }

  async #put(message: StoredMessage): Promise<{ readonly expiry: UnixMillis; readonly existed: boolean }> {
    const { store, held } = this.#options
    const outcome = await store.put(message)
    if (outcome.kind === 'existed') return { expiry: outcome.expiry, existed: true }
    if (namespaceRules(message.namespace).outbox) await this.#keepNewest(message)
    held.notify(message.owner, message.namespace)
    return { expiry: message.expiry, existed: false }
  }

  /**
   * An outbox holds one message: the newest, so that all members agree whatever the order in which they got them. What is
   * older is deleted after the newer one is durable, never before.
   */
  async #keepNewest({ owner, namespace }: StoredMessage): Promise<void> {
    const { store } = this.#options
    const query = { owner, namespace, now: this.#now, sizeBudget: LIMITS.retrieveBytes, countLimit: MAX_COUNT }
    const { messages } = await store.retrieve(query)
    const [, ...older] = messages.toSorted((a, b) => b.timestamp - a.timestamp || (a.hash < b.hash ? 1 : -1))
    if (older.length > 0)
      await store.delete(
        owner,
        older.map(({ hash }) => hash),
      )
  }

  /**
   * Hash, range, expiry and authorisation are ours to judge, whoever sends it. The time of sending is not: who acknowledged
   * the message has judged it, and a message whose expiry was changed may be older or younger than any TTL allows.
   */
  async #takeOne(from: NodeId, item: TransferItem): Promise<number> {
    const { crypto, view, nodeId, logger } = this.#options
    const now = this.#now
    const key = ownerBytes(item.owner).subarray(1)
    const directory = view.snapshot
    if (!directory?.isMember(nodeId, key)) return TRANSFER_OUTCOMES.later
    const valid = item.expiry > now && verifyStoreAuthorisation(crypto, item, isRevoked)
    if (!valid) {
      logger.warn('transfer.refused')
      return TRANSFER_OUTCOMES.refused
    }
    // Its sender may have left the swarm since; then it must at least still be a node, which the link has proven.
    if (!directory.nodes.has(from)) return TRANSFER_OUTCOMES.later
    const hash = deriveMessageHash(crypto, item.owner, item.namespace, item.data)
    try {
      // Members' clocks differ: clamped as by `expire`, not refused.
      await this.#put({ ...item, hash, expiry: clampExpiry(item.expiry, now) })
      return TRANSFER_OUTCOMES.stored
    } catch (error) {
      if (!(error instanceof NodeStoreError)) throw error
      return TRANSFER_OUTCOMES.later
    }
  }

  async #attempt<Value>(work: () => Promise<SwarmEntry<Value>>): Promise<SwarmEntry<Value>> {
    const { nodeId, logger } = this.#options
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof NodeStoreError)) throw error
      logger.error('storage.failed', { code: error.code })
      const reason = error.code === 'full' ? undefined : 'storage failure'
      return { kind: 'failed', node: nodeId, failure: { kind: 'storage', reason } }
    }
  }

  // biome-ignore lint/suspicious/noExplicitAny: rules are contravariant in their parameters
  #sign<Params, Value>(rules: EntryRules<any, Params, Value>, params: Params, value: Value): SwarmEntry<Value> {
    const { nodeId, crypto, secretKey } = this.#options
    const sign = (bytes: Uint8Array) => secretKey.use((key) => crypto.ed25519Sign(key, bytes))
    return signEntry(rules, { params, value, node: nodeId, sign })
  }
}
