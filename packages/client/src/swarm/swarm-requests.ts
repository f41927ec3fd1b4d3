/**
 * Storage requests, always through paths. The swarm of an owner comes from the directory: nobody is asked for it. Each
 * attempt is built anew, since what is signed holds the time.
 */
import {
  type AccountId,
  accountIdKey,
  type DirectoryView,
  encodeBatch,
  encodeCall,
  type JsonObject,
  MalformedInputError,
  type MethodName,
  type MethodParams,
  type MethodResult,
  type Millis,
  millis,
  type NodeEntry,
  parseBatchAnswer,
  parseJson,
  parseRpcAnswer,
  type RandomBytes,
  type RpcAnswer,
  type RpcCall,
  type RpcOutcome,
  type Swarm,
  type SwarmEntry,
  seconds,
  unreachable,
} from '@starling/protocol'
import { type Clock, type Observable, shuffle } from '@starling/runtime'
import type { NetworkTime } from '../network-time.ts'
import type { NodeHealth } from '../paths/node-health.ts'
import { PathError } from '../paths/path-error.ts'
import type { Paths } from '../paths/paths.ts'
import { padRequest } from './padded-request.ts'
import { RequestError } from './request-error.ts'

const TIMEOUT = seconds(10)
/** An answer that took longer says little about the time now. */
const FRESH = seconds(5)
/** How many nodes are asked for the time in each round; another round follows only while they disagree. */
const TIME_ROUNDS = [4, 3, 2]
/** How many members say no before we believe that it is not just them. */
const REFUSALS = 2

export type RequestOptions = { readonly signal: AbortSignal; readonly timeout?: Millis }
export type HeldOptions = {
  readonly signal: AbortSignal
  readonly lane: 0 | 1
  /** How long the node may hold its answer. */
  readonly wait?: Millis | undefined
  /** That it does not serve the account is what we expect of the node, and no fault of it. */
  readonly isFormer?: boolean
}

export type SwarmRequestsOptions = {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly view: Observable<DirectoryView | undefined>
  readonly paths: Paths
  readonly time: NetworkTime
  readonly health: NodeHealth
  readonly onOldDirectory: () => void
  /** `compatible`: nodes hold no answers, and nobody signed which of them are in a swarm. */
  readonly kind: 'native' | 'compatible'
  /** Of the client: what several callers wait for does not end with one of them. */
  readonly lifetime: AbortSignal
}

export class SwarmRequests {
  readonly #options: SwarmRequestsOptions
  #measuring: Promise<void> | undefined

  constructor(options: SwarmRequestsOptions) {
    this.#options = options
  }

  /** Whether nodes hold the answer to a `batchMember` with `wait`. */
  get areHeld(): boolean {
    return this.#options.kind === 'native'
  }

  /** `undefined` as long as there is no directory. */
  swarmOf(account: AccountId): Swarm | undefined {
    return this.#options.view.snapshot?.swarmOf(accountIdKey(account))
  }

  /** Members of the account's swarm in random order, those that failed lately last. */
  membersOf(account: AccountId): readonly NodeEntry[] {
    const { random, health } = this.#options
    const members = shuffle(random, this.swarmOf(account)?.members ?? [])
    const isSuspect = (node: NodeEntry) => health.isSuspect(node.descriptor.nodeId)
    return [...members.filter((node) => !isSuspect(node)), ...members.filter(isSuspect)]
  }

  /**
   * Asks one member after the other until one does it.
   *
   * @throws {RequestError} what the last one said; `refused` and `too_large` as soon as two said so
   */
  async callSwarm<Name extends MethodName>(
    account: AccountId,
    method: Name,
    makeParams: () => MethodParams<Name>,
    options: RequestOptions,
  ): Promise<MethodResult<Name>> {
    return this.#callEach(account, async (member) => {
      const result = await this.callMember(member, method, makeParams, options)
      this.#compareMembers(account, result)
      return result
    })
  }

  /**
   * Has one member do several things in turn, each only after the one before succeeded; then the next member all of them,
   * until one does all. At most 20.
   *
   * @throws {RequestError} as `callSwarm`; of one member's answers the first that is no success
   */
  async sequenceSwarm<Name extends MethodName>(
    account: AccountId,
    makeCalls: () => readonly { readonly method: Name; readonly params: MethodParams<Name> }[],
    options: RequestOptions,
  ): Promise<readonly MethodResult<Name>[]> {
    return this.#callEach(account, async (member) => {
      try {
        return await this.#sequence(member, makeCalls(), options)
      } catch (error) {
        if (!(error instanceof RequestError) || error.code !== 'clock') throw error
        await this.measureTime()
        return this.#sequence(member, makeCalls(), options)
      }
    })
  }

  /**
   * Asks one node. After `clock` the time is measured and it is asked once more.
   *
   * @throws {RequestError} any code
   */
  async callMember<Name extends MethodName>(
    node: NodeEntry,
    method: Name,
    makeParams: () => MethodParams<Name>,
    options: RequestOptions,
  ): Promise<MethodResult<Name>> {
    const outcome = await this.#call(node, method, makeParams(), options)
    if (outcome.kind !== 'clock') return this.#resultOf(node, outcome)
    await this.measureTime()
    return this.#resultOf(node, await this.#call(node, method, makeParams(), options))
  }

  /**
   * Asks one node several things at once; `wait`: the node may hold its answer until there is news. Not repeated and not
   * hedged.
   *
   * @throws {RequestError} any code; of the calls' failures the first
   */
  async batchMember<Names extends readonly MethodName[]>(
    node: NodeEntry,
    calls: { readonly [I in keyof Names]: { readonly method: Names[I]; readonly params: MethodParams<Names[I]> } },
    { signal, wait, lane, isFormer = false }: HeldOptions,
  ): Promise<{ readonly [I in keyof Names]: MethodResult<Names[I]> }> {
    const list = calls as readonly RpcCall[]
    const request = encodeBatch('batch', list, wait === undefined ? {} : { wait })
    const started = this.#options.clock.monotonic()
    const answer = await this.#send(node, request, { signal, timeout: TIMEOUT + (wait ?? 0), hedge: false, lane })
    const answers = readBatch(answer)
    if (answers?.length !== list.length) throw this.#failed(node, 'malformed_answer')
    const results = list.map(({ method }, i) => {
      const outcome = parseRpcAnswer(method, answers[i]!)
      this.#noteTime(node, outcome, started)
      if (isFormer && outcome.kind === 'wrongSwarm') throw new RequestError('wrong_swarm')
      return this.#resultOf(node, outcome)
    })
    return results as { readonly [I in keyof Names]: MethodResult<Names[I]> }
  }

  /**
   * Asks one node something that is no method of ours; the body of its answer.
   *
   * @throws {RequestError} any code
   */
  async askNode(
    node: NodeEntry,
    request: { readonly method: string; readonly params: JsonObject },
    { signal, timeout = TIMEOUT }: RequestOptions,
  ): Promise<unknown> {
    const { status, body } = await this.#send(node, request, { signal, timeout, hedge: true })
    if (status !== 200) throw new RequestError('refused')
    return typeof body === 'string' ? parseJson(body) : body
  }

  /** Asks nodes for the time, more of them while they disagree. One measurement at once; whoever asks meanwhile waits for it. Fails only when the client ends. */
  async measureTime(): Promise<void> {
    this.#measuring ??= this.#measure(this.#options.lifetime).finally(() => {
      this.#measuring = undefined
    })
    await this.#measuring
  }

  async #measure(signal: AbortSignal): Promise<void> {
    const { random, view, time, health } = this.#options
    time.measureAnew()
    const nodes = shuffle(random, [...(view.snapshot?.nodes.values() ?? [])])
    const healthy = nodes.filter(({ descriptor }) => !health.isSuspect(descriptor.nodeId))
    for (const count of TIME_ROUNDS) {
      await Promise.all(
        healthy.splice(0, count).map((node) =>
          this.#call(node, 'info', {}, { signal }).catch((error: unknown) => {
            if (!(error instanceof RequestError)) throw error
          }),
        ),
      )
      if (time.isAgreed) return
    }
  }

  async #callEach<Result>(account: AccountId, ask: (member: NodeEntry) => Promise<Result>): Promise<Result> {
    let failure = new RequestError('no_swarm')
    let refusals = 0
    for (const member of this.membersOf(account)) {
      try {
        return await ask(member)
      } catch (error) {
        if (!(error instanceof RequestError)) throw error
        failure = error
        if (error.code === 'refused' || error.code === 'too_large') refusals++
        if (refusals >= REFUSALS || !this.#options.paths.isConnected) throw error
      }
    }
    throw failure
  }

  async #sequence<Name extends MethodName>(
    node: NodeEntry,
    calls: readonly { readonly method: Name; readonly params: MethodParams<Name> }[],
    { signal, timeout = TIMEOUT }: RequestOptions,
  ): Promise<readonly MethodResult<Name>[]> {
    const list = calls as unknown as readonly RpcCall[]
    const started = this.#options.clock.monotonic()
    const answer = await this.#send(node, encodeBatch('sequence', list), { signal, timeout, hedge: true })
    // It stops at the first failure.
    const answers = readBatch(answer)
    const results = (answers ?? []).slice(0, list.length).map((each, i) => {
      const outcome = parseRpcAnswer(calls[i]!.method, each)
      this.#noteTime(node, outcome, started)
      return this.#resultOf(node, outcome)
    })
    if (results.length < list.length) throw this.#failed(node, 'malformed_answer')
    return results
  }

  async #call<Name extends MethodName>(
    node: NodeEntry,
    method: Name,
    params: MethodParams<Name>,
    { signal, timeout = TIMEOUT }: RequestOptions,
  ): Promise<RpcOutcome<MethodResult<Name>>> {
    const started = this.#options.clock.monotonic()
    const request = encodeCall({ method, params } as RpcCall)
    const outcome = parseRpcAnswer(method, await this.#send(node, request, { signal, timeout, hedge: true }))
    this.#noteTime(node, outcome, started)
    return outcome
  }

  async #send(
    node: NodeEntry,
    request: Parameters<typeof padRequest>[0],
    options: { signal: AbortSignal; timeout: number; hedge: boolean; lane?: 0 | 1 },
  ): Promise<RpcAnswer> {
    try {
      const timeout = options.timeout as Millis
      return await this.#options.paths.request(node, padRequest(request), { ...options, timeout })
    } catch (error) {
      if (error instanceof PathError) throw new RequestError(error.code, { cause: error })
      throw error
    }
  }

  #noteTime(node: NodeEntry, outcome: RpcOutcome<unknown>, started: Millis): void {
    if (outcome.kind !== 'ok' && outcome.kind !== 'clock') return
    const roundTrip = millis(this.#options.clock.monotonic() - started)
    if (outcome.networkTime === undefined || roundTrip > FRESH) return
    this.#options.time.addSample(node.descriptor.nodeId, outcome.networkTime, roundTrip)
  }

  /** @throws {RequestError} */
  #resultOf<Result>(node: NodeEntry, outcome: RpcOutcome<Result>): Result {
    switch (outcome.kind) {
      case 'ok':
        return outcome.result
      case 'wrongSwarm':
        this.#options.onOldDirectory()
        throw this.#failed(node, 'wrong_swarm')
      case 'clock':
        throw new RequestError('clock')
      case 'unauthorised':
        throw new RequestError('refused')
      case 'refused':
        throw new RequestError(outcome.status === 413 ? 'too_large' : 'refused')
      case 'busy':
        throw new RequestError('unavailable')
      case 'failed':
        throw this.#failed(node, 'unavailable')
      case 'malformed':
        throw this.#failed(node, 'malformed_answer')
      default:
        return unreachable(outcome)
    }
  }

  /** A signed directory is fetched in time; a list that nobody signs is compared with who answers for the swarm. */
  #compareMembers(account: AccountId, result: object): void {
    if (this.#options.kind === 'native' || !('entries' in result) || !Array.isArray(result.entries)) return
    const members = new Set(this.swarmOf(account)?.members.map(({ descriptor }) => descriptor.nodeId))
    const entries: readonly SwarmEntry<unknown>[] = result.entries
    if (entries.some(({ node }) => !members.has(node))) this.#options.onOldDirectory()
  }

  #failed(node: NodeEntry, code: RequestError['code']): RequestError {
    this.#options.health.failed(node.descriptor.nodeId, 1)
    return new RequestError(code)
  }
}

function readBatch(answer: RpcAnswer): readonly RpcAnswer[] | undefined {
  try {
    return parseBatchAnswer(answer)
  } catch (error) {
    if (error instanceof MalformedInputError) return undefined
    throw error
  }
}
