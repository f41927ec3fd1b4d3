/**
 * Answers storage requests: checks them, has them carried out here and by the other members, collects signed receipts. Invariants: a
 * success is durable here before it is answered; whatever another member did not get is a durable hint by then.
 */
import {
  type ActiveNode,
  authoriseCall,
  CodecError,
  type Crypto,
  type DeleteEntry,
  type DirectoryView,
  decodeForward,
  type Encoding,
  encodeForward,
  encodeMemberEntry,
  forwardRequest,
  fromHex,
  type GetExpiriesParams,
  isMessageHash,
  type JsonObject,
  LIMITS,
  MAX_FRAME_PAYLOAD,
  type MessageHash,
  messageCost,
  methodOf,
  NAMESPACES,
  type NodeId,
  type NodeState,
  type Owner,
  ownerBytes,
  parseMethodName,
  parseSubaccountToken,
  type RetrieveParams,
  type RpcCall,
  retrieveBudget,
  rpcAnswers,
  type StoreEntry,
  type SwarmEntry,
  seconds,
  swarmOwner,
  type TextAnswer,
  type UnixMillis,
  unixMillis,
  utf8,
  withNetworkTime,
} from '@starling/protocol'
import type { Clock, LinkReply, Logger, Observable } from '@starling/runtime'
import { serviceNodesOf } from '../directory/seed-rpc.ts'
import { swarmNodesOf } from '../directory/swarm-nodes.ts'
import { missedWork } from './missed-work.ts'
import type { NewHint, NodeStore } from './node-store.ts'
import { NodeStoreError } from './node-store-error.ts'
import { entryRulesOf, isSwarmCall, MAX_COUNT, type OwnStorage, type SwarmCall, type TakenUp } from './own-storage.ts'
import type { Replication } from './replication.ts'
import { revocationsFor } from './revocations.ts'
import { TakeUpTime } from './take-up-time.ts'

/** What the compatible protocol calls the fork of the network: everything of it is switched on. */
const FORK = [19, 4] as const
/** The compatible release that we answer like. */
const COMPATIBLE_VERSION = [2, 8, 0] as const
/** How far the clock of the member that a client asked may be from ours. docs/protocol/replication.md §1. */
const FORWARD_TOLERANCE = seconds(70)

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
  /** Whether messages may be here in part only: then they are not read. */
  readonly isCatchingUp?: () => boolean
}

export class StorageService {
  readonly #options: StorageServiceOptions
  readonly #takeUpTime: TakeUpTime

  constructor(options: StorageServiceOptions) {
    this.#options = options
    this.#takeUpTime = new TakeUpTime(options.clock)
  }

  /** What this node says of itself. */
  get state(): NodeState {
    return { fork: FORK, version: COMPATIBLE_VERSION, height: this.#options.view.snapshot?.document.epoch ?? 0 }
  }

  /**
   * A client's request, already parsed. What changes the swarm is carried through although the client may be gone: half of
   * it would leave the members with different messages. It is over within 5 s.
   */
  async answer(call: RpcCall, options: AnswerOptions): Promise<StorageAnswer> {
    try {
      return (await this.refusalOf(call)) ?? (await this.#carryOut(call, options))
    } catch (error) {
      if (!(error instanceof NodeStoreError)) throw error
      this.#options.logger.error('storage.failed', { code: error.code })
      return error.code === 'busy' ? rpcAnswers.busy() : rpcAnswers.failed()
    }
  }

  /**
   * Why a request is not carried out: another swarm's, out of time, or not allowed.
   *
   * @param takenUp when another member took it up, of a forwarded one
   * @throws {NodeStoreError}
   */
  async refusalOf(call: RpcCall, takenUp?: UnixMillis): Promise<StorageAnswer | undefined> {
    const { crypto, view, nodeId, store } = this.#options
    const owner = swarmOwner(call)
    if (owner === undefined) return undefined
    if (!view.snapshot?.isMember(nodeId, keyOf(owner))) return { status: 421, body: this.#swarmBody(owner) }
    const isRevoked = await revocationsFor(store, call, takenUp)
    // What another member took up is judged as of then, so that it does not come too late where it was missed at first.
    const now = unixMillis(Math.min(this.#now, takenUp ?? this.#now))
    return authoriseCall(call, { crypto, now, isRevoked, isForwarded: takenUp !== undefined })
  }

  /** A request that another member of the swarm handed on: carried out here alone. */
  async answerForward(from: NodeId, payload: Uint8Array): Promise<LinkReply> {
    const forward = parseForward(payload)
    if ('status' in forward) return textReply(forward)
    const { call, taken } = forward
    const owner = swarmOwner(call)
    if (owner === undefined || !this.#options.view.snapshot?.isMember(from, keyOf(owner)))
      return textReply({ status: 403, body: 'not a member' })
    if (!isSwarmCall(call)) return textReply({ status: 400, body: 'not a swarm-wide method' })
    if (!isTimely(call, taken.at, this.#now)) return textReply(rpcAnswers.clock())
    const refusal = await this.#refusalOfForward(call, taken.at)
    if (refusal) return refusal
    if (isChangeOfExpiry(call)) this.#takeUpTime.seeExpiry(taken.at)
    else this.#takeUpTime.see(taken.at)
    const entry = encodeMemberEntry(entryRulesOf(call.method), await this.#options.own.carryOut(call, taken))
    return entry.length > MAX_FRAME_PAYLOAD ? textReply(rpcAnswers.answerTooLarge()) : { status: 200, body: entry }
  }

  get #now(): UnixMillis {
    return this.#options.clock.now()
  }

  async #refusalOfForward(call: SwarmCall, at: UnixMillis): Promise<LinkReply | undefined> {
    try {
      const refusal = await this.refusalOf(call, at)
      if (!refusal) return undefined
      const { status, body } = refusal
      return textReply({ status, body: typeof body === 'string' ? body : JSON.stringify(body) })
    } catch (error) {
      if (!(error instanceof NodeStoreError)) throw error
      this.#options.logger.error('storage.failed', { code: error.code })
      return textReply(rpcAnswers.failed())
    }
  }

  async #carryOut(call: RpcCall, options: AnswerOptions): Promise<StorageAnswer> {
    if (isSwarmCall(call)) return this.#everywhere(call, options)
    const { encoding } = options
    switch (call.method) {
      case 'retrieve':
        return this.#retrieve(call.params, options)
      case 'get_expiries':
        return this.#getExpiries(call.params, encoding)
      case 'revoked_subaccounts':
        return this.#revokedSubaccounts(call.params.owner, encoding)
      case 'get_swarm':
        return { status: 200, body: this.#swarmBody(call.params.owner) }
      case 'oxend_request':
        return this.#timed(methodOf('oxend_request').result.write(serviceNodesOf(this.#options.view.snapshot)))
      case 'active_nodes_bin':
        return { status: 200, body: methodOf('active_nodes_bin').result.write({ nodes: this.#activeNodes() }) }
      case 'info':
        return this.#timed(methodOf('info').result.write({ version: COMPATIBLE_VERSION, timestamp: this.#now }))
    }
  }

  /** A request to every member; those that missed it get it later, just as the client signed it. */
  async #everywhere(call: SwarmCall, { encoding }: AnswerOptions): Promise<StorageAnswer> {
    const { replication, own, nodeId } = this.#options
    const { owner } = call.params
    const params = encodeForward(methodOf(call.method), call.params as never)
    const at = isChangeOfExpiry(call) ? this.#takeUpTime.nextForExpiry() : this.#takeUpTime.next()
    const taken: TakenUp = { at, params }
    const [mine, others] = await Promise.all([
      own.carryOut(call, taken),
      replication.forward<unknown>(owner, { at: taken.at, method: call.method, params }, entryRulesOf(call.method)),
    ])
    await this.#leaveHints(missedWork(call, { taken, mine, others }, (call, taken) => own.recordOf(call, taken)))
    const entries = [mine, ...others]
    const hash = call.method === 'store' ? { hash: storedHash(mine) ?? own.hashOf(call.params) } : {}
    const written = methodOf(call.method).result.write({ entries, ...hash } as never, encoding)
    // The node that was asked says its time in its own entry of a store, too: there are clients that read it there.
    const { swarm } = written as { readonly swarm: Record<string, object> }
    const body = call.method === 'store' ? { swarm: { ...swarm, [nodeId]: { ...swarm[nodeId], t: this.#now } } } : {}
    return { ...this.#timed({ ...written, ...body }), status: statusOf(call, entries) }
  }

  async #retrieve(params: RetrieveParams, { encoding, sizeBudget }: AnswerOptions): Promise<StorageAnswer> {
    if (this.#options.isCatchingUp?.()) return rpcAnswers.notReady(['not done syncing'])
    const { write } = methodOf('retrieve').result
    const { owner, namespace, lastHash, maxCount, reverse } = params
    if (namespace === NAMESPACES.testing) return this.#timed(write({ messages: [], more: false }, encoding))
    const result = await this.#options.store.retrieve({
      owner,
      namespace,
      ...(lastHash !== undefined && { after: lastHash }),
      reverse: reverse === true,
      now: this.#now,
      sizeBudget: Math.min(retrieveBudget(params), sizeBudget ?? LIMITS.retrieveBytes),
      countLimit: maxCount !== undefined && maxCount > 0 ? maxCount : MAX_COUNT,
    })
    const cost = result.messages.reduce((sum, { data }) => sum + messageCost(data.length), 0)
    return { ...this.#timed(write(result, encoding)), cost }
  }

  async #getExpiries({ owner, messages }: GetExpiriesParams, encoding: Encoding): Promise<StorageAnswer> {
    const found = await this.#options.store.expiries(owner, messages.filter(isMessageHash))
    const expiries = [...found].map(([hash, expiry]) => ({ hash, expiry }))
    return { status: 200, body: methodOf('get_expiries').result.write({ expiries }, encoding) }
  }

  async #revokedSubaccounts(owner: Owner, encoding: Encoding): Promise<StorageAnswer> {
    const revoked = await this.#options.store.revokedTokens(owner)
    const tokens = [...revoked.keys()].map((token) => parseSubaccountToken(fromHex(token)))
    return this.#timed(methodOf('revoked_subaccounts').result.write({ tokens }, encoding))
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
    return this.#withTime(methodOf('get_swarm').result.write(swarmNodesOf(this.#options.view.snapshot, owner)))
  }

  #activeNodes(): readonly ActiveNode[] {
    return serviceNodesOf(this.#options.view.snapshot).nodes.map((node) => ({ ...node, version: COMPATIBLE_VERSION }))
  }

  #timed(body: JsonObject): StorageAnswer {
    return { status: 200, body: this.#withTime(body) }
  }

  #withTime(body: JsonObject): JsonObject {
    return withNetworkTime(body, { now: this.#now, fork: FORK })
  }
}

function isChangeOfExpiry({ method }: SwarmCall): boolean {
  return method === 'expire' || method === 'expire_all'
}

/** Whether a member took it up about now; or at any time, what is sent again to those that missed it. */
function isTimely(call: SwarmCall, at: UnixMillis, now: UnixMillis): boolean {
  if (at > now + FORWARD_TOLERANCE) return false
  return at >= now - FORWARD_TOLERANCE || isChangeOfExpiry(call)
}

function storedHash(entry: SwarmEntry<unknown>): MessageHash | undefined {
  return entry.kind === 'done' ? (entry.value as StoreEntry).hash : undefined
}

function keyOf(owner: Owner): Uint8Array {
  return ownerBytes(owner).subarray(1)
}

function parseForward(payload: Uint8Array): { readonly call: RpcCall; readonly taken: TakenUp } | TextAnswer {
  try {
    const { at, method, params } = forwardRequest.decode(payload)
    const name = parseMethodName(method)
    if (name === undefined) return { status: 501, body: 'unknown method' }
    const parsed = decodeForward(methodOf(name), params)
    if (parsed.kind === 'refused') return parsed.answer
    return { call: { method: name, params: parsed.params } as RpcCall, taken: { at, params } }
  } catch (error) {
    if (error instanceof CodecError) return { status: 400, body: error.code }
    throw error
  }
}

/**
 * 500 where nobody did it; one member is enough for a success, and the entries tell the truth about each. 404 for a
 * deletion that had to find something and did not.
 */
function statusOf(call: SwarmCall, entries: readonly SwarmEntry<unknown>[]): number {
  const done = entries.filter((entry) => entry.kind === 'done')
  if (done.length === 0) return 500
  const isRequired = call.method === 'delete' && call.params.required
  return isRequired && done.every(({ value }) => (value as DeleteEntry).deleted.length === 0) ? 404 : 200
}

function textReply(answer: TextAnswer): LinkReply {
  return { status: answer.status, body: utf8(answer.body) }
}
