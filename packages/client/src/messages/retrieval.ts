/** One round of asking a member of the own swarm for all namespaces of the account, in one batch. docs/protocol/delivery.md §1. */
import {
  type AccountId,
  type AccountKeys,
  type Crypto,
  deriveMessageHash,
  METHODS,
  type Millis,
  NAMESPACES,
  type Namespace,
  type NodeEntry,
  ownerSigner,
  type RetrievedMessage,
  type RetrieveParams,
  type RetrieveResult,
  signRequest,
} from '@starling/protocol'
import type { NetworkTime } from '../network-time.ts'
import { RequestError } from '../swarm/request-error.ts'
import type { SwarmRequests } from '../swarm/swarm-requests.ts'
import type { Cursors } from './cursors.ts'

/** In the order in which they are handled: whoever a message is from must be known before it comes. */
export const CONFIG_NAMESPACES: readonly Namespace[] = [
  NAMESPACES.profile,
  NAMESPACES.contacts,
  NAMESPACES.userGroups,
  NAMESPACES.conversationInfo,
]
/** Those of an account, messages last. */
export const OWN_NAMESPACES: readonly Namespace[] = [...CONFIG_NAMESPACES, NAMESPACES.messages]
/** Shares of what a node answers at most. docs/protocol/storage-rpc.md §8. */
const MAX_SIZE = { config: -8, messages: -2 } as const
/** So many mean that there are more, whatever the node says: some do not say it. */
const FULL_PAGE = 95

export type Page = {
  readonly namespace: Namespace
  readonly items: readonly RetrievedMessage[]
  /** The member has more of this namespace. */
  readonly isMore: boolean
}

export type AskOptions = {
  readonly signal: AbortSignal
  readonly lane: 0 | 1
  /** How long the member may wait for news; it answers at once if absent. */
  readonly wait?: Millis | undefined
  /** The member is not in the swarm any more, as far as we know. */
  readonly isFormer?: boolean
}

export type RetrievalOptions = {
  readonly crypto: Crypto
  readonly keys: AccountKeys
  readonly cursors: Cursors
  readonly requests: SwarmRequests
  readonly time: NetworkTime
}

export class Retrieval {
  readonly #options: RetrievalOptions
  readonly #self: AccountId

  constructor(options: RetrievalOptions) {
    this.#options = options
    this.#self = options.keys.accountId
  }

  /**
   * What the member has after our cursors, a page for each of `OWN_NAMESPACES`, in that order.
   *
   * @throws {RequestError} any code; `clock` only after the time was measured anew
   */
  async ask(member: NodeEntry, options: AskOptions): Promise<readonly Page[]> {
    try {
      return await this.#once(member, options)
    } catch (error) {
      if (!(error instanceof RequestError) || error.code !== 'clock') throw error
      await this.#options.requests.measureTime()
      return this.#once(member, options)
    }
  }

  async #once(member: NodeEntry, options: AskOptions): Promise<readonly Page[]> {
    const calls = await Promise.all(
      OWN_NAMESPACES.map(async (namespace) => ({
        method: 'retrieve' as const,
        params: await this.#params(member, namespace),
      })),
    )
    const results: readonly RetrieveResult[] = await this.#options.requests.batchMember(member, calls, options)
    return OWN_NAMESPACES.map((namespace, i) => {
      const { messages: items, more } = results[i]!
      return { namespace, items, isMore: more || items.length >= FULL_PAGE }
    })
  }

  async #params({ descriptor }: NodeEntry, namespace: Namespace): Promise<RetrieveParams> {
    const { crypto, cursors, keys, time } = this.#options
    const timestamp = time.now()
    const params = {
      owner: this.#self,
      namespace,
      lastHash: await cursors.get(descriptor.nodeId, namespace, timestamp),
      maxCount: undefined,
      maxSize: namespace === NAMESPACES.messages ? MAX_SIZE.messages : MAX_SIZE.config,
      timestamp,
      wait: undefined,
    }
    return keys.signing.secretKey.use((key) =>
      signRequest<RetrieveParams>(METHODS.retrieve, params, ownerSigner(crypto, key, { account: true })),
    )
  }
}

/**
 * The namespace that an item of the inbox belongs to. Some nodes, when swarms change, hand everything on as if it were a
 * message; its hash tells, since it covers the namespace. A node that names a wrong hash gains nothing: each namespace has
 * keys of its own.
 */
export function namespaceOf(crypto: Crypto, owner: AccountId, { hash, data }: RetrievedMessage): Namespace {
  if (deriveMessageHash(crypto, owner, NAMESPACES.messages, data) === hash) return NAMESPACES.messages
  const isOf = (namespace: Namespace) => deriveMessageHash(crypto, owner, namespace, data) === hash
  return CONFIG_NAMESPACES.find(isOf) ?? NAMESPACES.messages
}
