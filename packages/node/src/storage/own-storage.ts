/**
 * What this member of a swarm does alone: keeps messages, changes and deletes them, and signs what it did. Invariant: what
 * is signed is durable.
 */
import {
  type Crypto,
  clampExpiry,
  type DeleteEntry,
  type DeleteParams,
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
  type MessageHash,
  type NodeId,
  namespaceRules,
  type SecretKey,
  type StoreEntry,
  type StoreParams,
  type SwarmEntry,
  signEntry,
  storeEntry,
  type UnixMillis,
} from '@starling/protocol'
import type { Clock, Logger } from '@starling/runtime'
import type { HeldRetrievals } from './held-retrievals.ts'
import type { NodeStore, StoredMessage } from './node-store.ts'
import { NodeStoreError } from './node-store-error.ts'

/** More messages than an owner can have. */
export const MAX_COUNT = 1_000_000

export type OwnStorageOptions = {
  readonly nodeId: NodeId
  readonly secretKey: SecretKey<Ed25519SecretKey>
  readonly crypto: Crypto
  readonly clock: Clock
  readonly logger: Logger
  readonly store: NodeStore
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
      const kept = await this.keep({
        hash,
        owner,
        namespace,
        timestamp,
        expiry,
        data,
        authorisation: encodeStoreAuthorisation(params),
        storedAt: this.#now,
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

  hashOf({ owner, namespace, data }: StoreParams): MessageHash {
    return deriveMessageHash(this.#options.crypto, owner, namespace, data)
  }

  get #now(): UnixMillis {
    return this.#options.clock.now()
  }

  /** @throws {NodeStoreError} */
  async keep(message: StoredMessage): Promise<{ readonly expiry: UnixMillis; readonly existed: boolean }> {
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
