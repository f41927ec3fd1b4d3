/** Storing sealed bytes in an account's swarm, and what can be believed of it. */
import {
  type AccountId,
  type Crypto,
  days,
  deriveMessageHash,
  type MessageHash,
  type Millis,
  NAMESPACES,
  type NetworkFile,
  type NodeEntry,
  type NodeId,
  type Owner,
  type StoreParams,
  type StoreResult,
  unixMillis,
  verifyStoreReceipts,
} from '@starling/protocol'
import type { NetworkTime } from '../network-time.ts'
import { RequestError } from '../swarm/request-error.ts'
import type { SwarmRequests } from '../swarm/swarm-requests.ts'

/** Unless told. docs/protocol/storage-rpc.md §3. */
const MESSAGE_TTL = days(14)

/** Who signed that they have it, and who of the swarm did not. */
export type StoredOn = { readonly on: readonly NodeId[]; readonly missing: readonly NodeEntry[]; readonly of: number }

/** What is to be stored for whom, and for how long. */
export type Deposit = { readonly owner: AccountId; readonly data: Uint8Array; readonly ttl?: Millis | undefined }

export type MessageStorageOptions = {
  readonly crypto: Crypto
  readonly network: NetworkFile
  readonly requests: SwarmRequests
  readonly time: NetworkTime
}

export class MessageStorage {
  readonly #options: MessageStorageOptions

  constructor(options: MessageStorageOptions) {
    this.#options = options
  }

  /**
   * Stores with whichever member answers first.
   *
   * @throws {RequestError} also if no member signed that it has it (`unavailable`)
   */
  async store(deposit: Deposit, signal: AbortSignal): Promise<StoredOn> {
    const { requests } = this.#options
    const result = await requests.callSwarm(deposit.owner, 'store', () => this.#params(deposit), { signal })
    const stored = this.#verify(deposit, result)
    if (stored.on.length === 0) throw new RequestError('unavailable')
    return stored
  }

  /**
   * Several for one account, one after the other, with one request; what became of each, in the same order.
   *
   * @throws {RequestError} if one of them was not stored: those before it were, and may be stored again
   */
  async storeAll(deposits: readonly Deposit[], signal: AbortSignal): Promise<readonly StoredOn[]> {
    const [first] = deposits
    if (first === undefined) return []
    if (deposits.length === 1) return [await this.store(first, signal)]
    const makeCalls = () => deposits.map((deposit) => ({ method: 'store', params: this.#params(deposit) }) as const)
    const results = await this.#options.requests.sequenceSwarm<'store'>(first.owner, makeCalls, { signal })
    const stored = deposits.map((deposit, i) => this.#verify(deposit, results[i]!))
    if (stored.some(({ on }) => on.length === 0)) throw new RequestError('unavailable')
    return stored
  }

  /** Stores with this member, which has not signed yet. @throws {RequestError} */
  async storeWith(member: NodeEntry, deposit: Deposit, signal: AbortSignal): Promise<StoredOn> {
    const { requests } = this.#options
    const result = await requests.callMember(member, 'store', () => this.#params(deposit), { signal })
    return this.#verify(deposit, result)
  }

  hashOf(owner: AccountId, data: Uint8Array): MessageHash {
    return deriveMessageHash(this.#options.crypto, owner as Owner, NAMESPACES.messages, data)
  }

  /** The time is that of the attempt: one hours later needs another. docs/protocol/storage-rpc.md §7. */
  #params({ owner, data, ttl = MESSAGE_TTL }: Deposit): StoreParams {
    const timestamp = this.#options.time.now()
    return {
      owner,
      namespace: NAMESPACES.messages,
      timestamp,
      expiry: unixMillis(timestamp + Math.min(ttl, this.#options.network.parameters.publicTtlLimit)),
      data,
      auth: undefined,
      signedAt: undefined,
    }
  }

  #verify({ owner, data }: Deposit, result: StoreResult): StoredOn {
    const members = this.#options.requests.swarmOf(owner)?.members ?? []
    const ids = members.map(({ descriptor }) => descriptor.nodeId)
    const hash = this.hashOf(owner, data)
    const { verified } = verifyStoreReceipts(this.#options.crypto, { entries: result.entries, hash, members: ids })
    const missing = members.filter(({ descriptor }) => !verified.includes(descriptor.nodeId))
    return { on: verified, missing, of: members.length }
  }
}
