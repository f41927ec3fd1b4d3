/**
 * Answers storage requests: checks them, has them carried out here and by the other members, collects signed receipts. Invariants: a
 * success is durable here before it is answered; whatever another member did not get is a durable hint by then.
 */
import {
  authoriseCall,
  CodecError,
  type Crypto,
  clientRequest,
  type DeleteParams,
  type DirectoryView,
  decodeForward,
  deleteEntry,
  type Encoding,
  type EntryRules,
  type ExpireParams,
  encodeForward,
  encodeMemberEntry,
  expireEntry,
  forwardRequest,
  type GetExpiriesParams,
  type GetSwarmResult,
  isMessageHash,
  type JsonObject,
  LIMITS,
  type MemberFailure,
  type MethodName,
  messageCost,
  methodOf,
  type NodeId,
  type NodeState,
  type Owner,
  ownerBytes,
  parseMethodName,
  type RetrieveParams,
  type RpcCall,
  retrieveBudget,
  rpcAnswers,
  type StoreEntry,
  type StoreParams,
  type SwarmEntry,
  storeEntry,
  swarmOwner,
  type TextAnswer,
  type UnixMillis,
  utf8,
  withNetworkTime,
} from '@starling/protocol'
import type { Clock, LinkReply, Logger, Observable } from '@starling/runtime'
import { serviceNodesOf } from '../directory/seed-rpc.ts'
import type { NewHint, NodeStore } from './node-store.ts'
import { NodeStoreError } from './node-store-error.ts'
import { MAX_COUNT, type OwnStorage } from './own-storage.ts'
import type { Replication } from './replication.ts'
import { isRevoked } from './revocations.ts'

/** What the compatible protocol calls the fork of the network: everything of it is switched on. */
const FORK = [19, 4] as const
/** The compatible release that we answer like. */
const COMPATIBLE_VERSION = [2, 8, 0] as const

/** Status and body of a storage answer; a body that is an object becomes JSON, or a bt dict. */
export type StorageAnswer = {
  readonly status: number
  readonly body: JsonObject | Uint8Array | string
  /** Of a retrieve: what the messages take of the budget. */
  readonly cost?: number
}

export type AnswerOptions = {
  readonly encoding: Encoding
  /** Of a retrieve, if it asks for more. */
  readonly sizeBudget?: number
}

export type StorageServiceOptions = {
  readonly nodeId: NodeId
  readonly crypto: Crypto
  readonly clock: Clock
  readonly logger: Logger
  readonly store: NodeStore
  readonly view: Observable<DirectoryView | undefined>
  readonly own: OwnStorage
  readonly replication: Replication
}

export class StorageService {
  readonly #options: StorageServiceOptions
  readonly #own: OwnStorage

  constructor(options: StorageServiceOptions) {
    this.#options = options
    this.#own = options.own
  }

  /**
   * A client's request, already parsed. What changes the swarm is carried through although the client may be gone: half of
   * it would leave the members with different messages. It is over within 5 s.
   */
  async answer(call: RpcCall, options: AnswerOptions): Promise<StorageAnswer> {
    const refusal = this.refusalOf(call)
    if (refusal) return refusal
    try {
      return await this.#carryOut(call, options)
    } catch (error) {
      if (!(error instanceof NodeStoreError)) throw error
      this.#options.logger.error('storage.failed', { code: error.code })
      return error.code === 'busy' ? rpcAnswers.busy() : rpcAnswers.failed()
    }
  }

  /** What this node says of itself. */
  get state(): NodeState {
    return { fork: FORK, version: COMPATIBLE_VERSION, height: this.#options.view.snapshot?.document.epoch ?? 0 }
  }

  async #carryOut(call: RpcCall, options: AnswerOptions): Promise<StorageAnswer> {
    switch (call.method) {
      case 'store':
        return this.#store(call.params)
      case 'retrieve':
        return this.#retrieve(call.params, options)
      case 'delete':
        return this.#delete(call.params)
      case 'expire':
        return this.#expire(call.params)
      case 'get_expiries':
        return this.#getExpiries(call.params)
      case 'get_swarm':
        return { status: 200, body: this.#swarmBody(call.params.owner) }
      case 'oxend_request':
        return ok(this.#timed(methodOf('oxend_request').result.write(serviceNodesOf(this.#options.view.snapshot))))
      case 'info':
        return ok(
          this.#timed(methodOf('info').result.write({ version: [...COMPATIBLE_VERSION], timestamp: this.#now })),
        )
      default:
        return rpcAnswers.unknownMethod(call.method)
    }
  }

  /** Why a request is not carried out: another swarm's, out of time, or not allowed. */
  refusalOf(call: RpcCall): StorageAnswer | undefined {
    const { crypto, view, nodeId } = this.#options
    const owner = swarmOwner(call)
    if (owner !== undefined && !view.snapshot?.isMember(nodeId, keyOf(owner))) {
      return { status: 421, body: this.#swarmBody(owner) }
    }
    const refusal = authoriseCall(call, { crypto, now: this.#now, isRevoked })
    return refusal && { status: refusal.status, body: refusal.body }
  }

  /** A request that another member of the swarm handed on: carried out here alone. */
  async answerForward(from: NodeId, payload: Uint8Array): Promise<LinkReply> {
    const call = parseForward(payload)
    if ('status' in call) return textReply(call)
    const owner = swarmOwner(call)
    const { view } = this.#options
    if (owner === undefined || !view.snapshot?.isMember(from, keyOf(owner)))
      return textReply({ status: 403, body: 'not a member' })
    const refusal = this.refusalOf(call)
    if (refusal)
      return textReply({
        status: refusal.status,
        body: typeof refusal.body === 'string' ? refusal.body : JSON.stringify(refusal.body),
      })
    switch (call.method) {
      case 'store':
        return entryReply(storeEntry, await this.#own.store(call.params))
      case 'delete':
        return entryReply(deleteEntry, await this.#own.delete(call.params))
      case 'expire':
        return entryReply(expireEntry, await this.#own.expire(call.params))
      default:
        return textReply({ status: 400, body: 'not a swarm-wide method' })
    }
  }

  get #now(): UnixMillis {
    return this.#options.clock.now()
  }

  async #store(params: StoreParams): Promise<StorageAnswer> {
    const { replication } = this.#options
    const request = { at: this.#now, method: 'store', params: encodeForward(methodOf('store'), params) }
    const [own, others] = await Promise.all([
      this.#own.store(params),
      replication.forward<StoreEntry>(params.owner, request, storeEntry),
    ])
    const hash = own.kind === 'done' ? own.value.hash : this.#own.hashOf(params)
    if (own.kind === 'done') {
      const missed = others.filter((entry) => entry.kind === 'failed')
      await this.#leaveHints(
        missed.map(({ node }) => ({
          member: node,
          work: { kind: 'message', owner: params.owner, hash },
          expiry: params.expiry,
        })),
      )
    }
    const entries = [own, ...others]
    const body = methodOf('store').result.write({ entries, hash })
    return { status: statusOf(entries), body: this.#timed(body) }
  }

  async #retrieve(params: RetrieveParams, { encoding, sizeBudget }: AnswerOptions): Promise<StorageAnswer> {
    const { owner, namespace, lastHash, maxCount } = params
    const result = await this.#options.store.retrieve({
      owner,
      namespace,
      ...(lastHash !== undefined && { after: lastHash }),
      now: this.#now,
      sizeBudget: Math.min(retrieveBudget(params), sizeBudget ?? LIMITS.retrieveBytes),
      countLimit: maxCount !== undefined && maxCount > 0 ? maxCount : MAX_COUNT,
    })
    const cost = result.messages.reduce((sum, { data }) => sum + messageCost(data.length), 0)
    return { ...ok(this.#timed(methodOf('retrieve').result.write(result, encoding))), cost }
  }

  async #delete(params: DeleteParams): Promise<StorageAnswer> {
    const entries = await this.#everywhere(params, deleteEntry, 'delete', () => this.#own.delete(params))
    const nothing = entries.every((entry) => entry.kind === 'failed' || entry.value.deleted.length === 0)
    const body = this.#timed(methodOf('delete').result.write({ entries }))
    return { status: params.required && nothing ? 404 : statusOf(entries), body }
  }

  async #expire(params: ExpireParams): Promise<StorageAnswer> {
    const entries = await this.#everywhere(params, expireEntry, 'expire', () => this.#own.expire(params))
    return { status: statusOf(entries), body: this.#timed(methodOf('expire').result.write({ entries })) }
  }

  async #getExpiries({ owner, messages }: GetExpiriesParams): Promise<StorageAnswer> {
    const found = await this.#options.store.expiries(owner, messages.filter(isMessageHash))
    const expiries = [...found].map(([hash, expiry]) => ({ hash, expiry }))
    return ok(methodOf('get_expiries').result.write({ expiries }))
  }

  /** A request to every member; those that missed it get it later, just as the client signed it. */
  async #everywhere<Name extends 'delete' | 'expire', Value>(
    params: Parameters<typeof encodeForward>[1] & { readonly owner: Owner },
    // biome-ignore lint/suspicious/noExplicitAny: rules are contravariant in their parameters
    rules: EntryRules<any, any, Value>,
    method: Name,
    here: () => Promise<SwarmEntry<Value>>,
  ): Promise<readonly SwarmEntry<Value>[]> {
    const { replication } = this.#options
    const request = { at: this.#now, method, params: encodeForward(methodOf<MethodName>(method), params as never) }
    const [own, others] = await Promise.all([here(), replication.forward<Value>(params.owner, request, rules)])
    const payload = clientRequest.encode(request)
    const missed = others.filter((entry) => entry.kind === 'failed' && !isFinal(entry.failure))
    const expiry = (this.#now + LIMITS.maxPrivateTtl) as UnixMillis
    await this.#leaveHints(
      missed.map(({ node }) => ({ member: node, work: { kind: 'request', request: payload }, expiry })),
    )
    return [own, ...others]
  }

  /** A hint that cannot be kept does not undo what was done: the entries say who missed it. */
  async #leaveHints(hints: readonly NewHint[]): Promise<void> {
    const { replication, logger } = this.#options
    try {
      await replication.leaveHints(hints)
    } catch (error) {
      if (!(error instanceof NodeStoreError)) throw error
      logger.error('storage.hint_failed', { code: error.code, count: hints.length })
    }
  }

  #swarmBody(owner: Owner): JsonObject {
    const swarm = this.#options.view.snapshot?.swarmOf(keyOf(owner))
    const result: GetSwarmResult = {
      swarm: swarm?.id,
      nodes: (swarm?.members ?? []).map(({ descriptor }) => ({
        nodeId: descriptor.nodeId,
        x25519: descriptor.encryptionKey,
        ip: descriptor.address,
        httpsPort: descriptor.httpsPort,
        peerPort: descriptor.peerPort,
      })),
    }
    return this.#timed(methodOf('get_swarm').result.write(result))
  }

  #timed(body: JsonObject): JsonObject {
    return withNetworkTime(body, { now: this.#now, fork: FORK })
  }
}

/** A member that judged the request itself would judge it the same again; anything else may pass. */
function isFinal(failure: MemberFailure): boolean {
  return failure.kind === 'refused' && [400, 401, 406].includes(failure.status)
}

function keyOf(owner: Owner): Uint8Array {
  return ownerBytes(owner).subarray(1)
}

function parseForward(payload: Uint8Array): RpcCall | TextAnswer {
  try {
    const { method, params } = forwardRequest.decode(payload)
    const name = parseMethodName(method)
    if (name === undefined) return { status: 501, body: 'unknown method' }
    const parsed = decodeForward(methodOf(name), params)
    return parsed.kind === 'ok' ? ({ method: name, params: parsed.params } as RpcCall) : parsed.answer
  } catch (error) {
    if (error instanceof CodecError) return { status: 400, body: error.code }
    throw error
  }
}

function ok(body: JsonObject): StorageAnswer {
  return { status: 200, body }
}

/** 500 where nobody did it; one member is enough for a success, and the entries tell the truth about each. */
function statusOf(entries: readonly SwarmEntry<unknown>[]): number {
  return entries.some((entry) => entry.kind === 'done') ? 200 : 500
}

// biome-ignore lint/suspicious/noExplicitAny: rules are contravariant in their parameters
function entryReply<Value>(rules: EntryRules<any, any, Value>, entry: SwarmEntry<Value>): LinkReply {
  return { status: 200, body: encodeMemberEntry(rules, entry) }
}

function textReply(answer: TextAnswer): LinkReply {
  return { status: answer.status, body: utf8(answer.body) }
}
