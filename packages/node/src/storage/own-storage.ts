/**
 * What this member of a swarm does alone: keeps messages, changes and deletes them, and signs what it did. Invariant: what
 * is signed is durable.
 */
import {
  type Crypto,
  clampExpiry,
  clientRequest,
  deleteAllEntry,
  deleteBeforeEntry,
  deleteEntry,
  deriveMessageHash,
  type Ed25519SecretKey,
  type EntryRules,
  type ExpireEntry,
  encodeStoreAuthorisation,
  expireAllEntry,
  expireEntry,
  groupHashes,
  LIMITS,
  type MessageHash,
  type NodeId,
  namespaceRules,
  type RpcCall,
  revokeEntry,
  type SecretKey,
  type StoreEntry,
  type StoreParams,
  type SwarmEntry,
  signEntry,
  storeEntry,
  type UnixMillis,
  unrevokeEntry,
} from '@starling/protocol'
import type { Clock, Logger } from '@starling/runtime'
import type { Subscriptions } from '../subscriptions/subscriptions.ts'
import { recordOf } from './change-of.ts'
import type { ChangeRecord } from './change-record.ts'
import type { HeldRetrievals } from './held-retrievals.ts'
import type { ChangeOutcome, NodeStore, PutOrigin, PutOutcome, StoredMessage } from './node-store.ts'
import { NodeStoreError } from './node-store-error.ts'

/** More messages than an owner can have. */
export const MAX_COUNT = 1_000_000

/** Methods that every member of a swarm carries out. */
export type SwarmMethod =
  | 'delete'
  | 'delete_all'
  | 'delete_before'
  | 'expire'
  | 'expire_all'
  | 'revoke_subaccount'
  | 'store'
  | 'unrevoke_subaccount'
export type SwarmCall = RpcCall & { readonly method: SwarmMethod }
/** When the member that the client asked took the request up, and its parameters as they are forwarded. */
export type TakenUp = { readonly at: UnixMillis; readonly params: Uint8Array }

// biome-ignore lint/suspicious/noExplicitAny: rules are contravariant in their parameters
export type AnyEntryRules = EntryRules<any, any, unknown>

const ENTRY_RULES: Readonly<Record<SwarmMethod, AnyEntryRules>> = {
  delete: deleteEntry,
  delete_all: deleteAllEntry,
  delete_before: deleteBeforeEntry,
  expire: expireEntry,
  expire_all: expireAllEntry,
  revoke_subaccount: revokeEntry,
  store: storeEntry,
  unrevoke_subaccount: unrevokeEntry,
}

export function isSwarmCall(call: RpcCall): call is SwarmCall {
  return Object.hasOwn(ENTRY_RULES, call.method)
}

export function entryRulesOf(method: SwarmMethod): AnyEntryRules {
  return ENTRY_RULES[method]
}

export type OwnStorageOptions = {
  readonly nodeId: NodeId
  readonly secretKey: SecretKey<Ed25519SecretKey>
  readonly crypto: Crypto
  readonly clock: Clock
  readonly logger: Logger
  readonly store: NodeStore
  readonly held: HeldRetrievals
  /** Is told what clients store, here or through another member, and of every revocation. */
  readonly subscriptions: Pick<Subscriptions, 'stored' | 'revoked'>
}

export class OwnStorage {
  readonly #options: OwnStorageOptions

  constructor(options: OwnStorageOptions) {
    this.#options = options
  }

  /** This member's part of a request that all members carry out: its entry, also where its storage failed. */
  async carryOut(call: SwarmCall, taken: TakenUp): Promise<SwarmEntry<unknown>> {
    const { nodeId, logger, crypto, secretKey } = this.#options
    const sign = (bytes: Uint8Array) => secretKey.use((key) => crypto.ed25519Sign(key, bytes))
    try {
      const value = await this.#valueOf(call, taken)
      return signEntry(entryRulesOf(call.method), { params: call.params, value, node: nodeId, sign })
    } catch (error) {
      if (!(error instanceof NodeStoreError)) throw error
      if (error.code !== 'owner_full') logger.error('storage.failed', { code: error.code })
      return { kind: 'failed', node: nodeId, failure: { kind: 'storage', reason: reasonOf(error) } }
    }
  }

  /** The record that a request leaves; none, if it leaves none. */
  recordOf(call: SwarmCall, { at, params }: TakenUp): ChangeRecord | undefined {
    return recordOf(this.#options.crypto, { call, at, request: clientRequest.encode({ method: call.method, params }) })
  }

  hashOf({ owner, namespace, data }: StoreParams): MessageHash {
    return deriveMessageHash(this.#options.crypto, owner, namespace, data)
  }

  /** @throws {NodeStoreError} */
  async keep(message: StoredMessage, origin: PutOrigin = 'client'): Promise<PutOutcome> {
    const { store, held, subscriptions } = this.#options
    const outcome = await store.put(message, origin)
    if (outcome.kind !== 'stored') return outcome
    if (namespaceRules(message.namespace).outbox) await this.#keepNewest(message)
    held.notify(message.owner, message.namespace)
    if (origin === 'client') subscriptions.stored(message)
    return outcome
  }

  /** Carries a record out and keeps it. @throws {NodeStoreError} */
  async change(record: ChangeRecord): Promise<ChangeOutcome> {
    const { store, subscriptions } = this.#options
    const outcome = await store.apply(record)
    if (record.change.kind === 'revoke') subscriptions.revoked(record.owner, record.change.tokens)
    return outcome
  }

  get #now(): UnixMillis {
    return this.#options.clock.now()
  }

  /** What the entry says besides the signature. */
  async #valueOf(call: SwarmCall, taken: TakenUp): Promise<unknown> {
    switch (call.method) {
      case 'store':
        return this.#store(call.params, taken.at)
      case 'expire':
        return this.#expire(call, taken)
      case 'expire_all':
        return { updated: groupHashes(call.params.namespace, (await this.#apply(call, taken)).updated) }
      case 'delete':
        return { deleted: (await this.#apply(call, taken)).deleted.map(({ hash }) => hash) }
      case 'delete_all':
      case 'delete_before':
        return { deleted: groupHashes(call.params.namespace, (await this.#apply(call, taken)).deleted) }
      case 'revoke_subaccount':
        await this.#apply(call, taken)
        return {}
      case 'unrevoke_subaccount':
        return { count: (await this.#apply(call, taken)).count }
    }
  }

  async #store(params: StoreParams, storedAt: UnixMillis): Promise<StoreEntry> {
    const hash = this.hashOf(params)
    const { owner, namespace, timestamp, expiry, data } = params
    const authorisation = encodeStoreAuthorisation(params)
    const message = { hash, owner, namespace, timestamp, expiry, data, authorisation, storedAt }
    const outcome = await this.keep(message, 'client')
    return outcome.kind === 'existed'
      ? { hash, expiry: outcome.expiry, already: true }
      : { hash, expiry, already: false }
  }

  async #expire(call: SwarmCall & { readonly method: 'expire' }, taken: TakenUp): Promise<ExpireEntry> {
    const { expiries, change } = call.params
    const { updated, unchanged } = await this.#apply(call, taken)
    return {
      expiries: expiries.length === 1 ? [clampExpiry(expiries[0]!, taken.at)] : updated.map(({ expiry }) => expiry),
      updated: updated.map(({ hash }) => hash),
      unchanged: change === 'set' ? undefined : unchanged,
    }
  }

  #apply(call: SwarmCall, taken: TakenUp): Promise<ChangeOutcome> {
    return this.change(this.recordOf(call, taken)!)
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
}

/** What a client is told; without a reason the node is full. */
function reasonOf({ code }: NodeStoreError): string | undefined {
  if (code === 'full') return undefined
  return code === 'owner_full' ? 'account is full' : 'storage failure'
}
