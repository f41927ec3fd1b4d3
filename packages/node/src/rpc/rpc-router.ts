/** From a request's bytes to an answer: parses, carries out, holds. docs/protocol/storage-rpc.md §1, §8, §9. */
import {
  type Encoding,
  holdsCondition,
  LIMITS,
  type Millis,
  type Namespace,
  type Owner,
  parseBtRequest,
  parseRpcRequest,
  type ReplyContent,
  type RpcAction,
  type RpcCall,
  type RpcRequest,
  rpcAnswers,
  toBase64,
} from '@starling/protocol'
import type { HeldRetrievals } from '../storage/held-retrievals.ts'
import type { StorageAnswer, StorageService } from '../storage/storage-service.ts'
import { decodeText } from '../text.ts'
import { BatchBudget, fitTogether } from './batch-budget.ts'
import { type EncodedContent, encodeContent, joinContents, type RpcContent, wrapContent } from './rpc-content.ts'

export type RpcRouterOptions = {
  readonly storage: Pick<StorageService, 'answer' | 'state'>
  readonly held: HeldRetrievals
}

type Batch = RpcAction & { readonly kind: 'batch' }
type IfElse = RpcAction & { readonly kind: 'ifelse' }
/** What everything that one request asks for has in common. */
type Context = { readonly encoding: Encoding; readonly signal: AbortSignal }

/** `d`: a JSON text never starts with it. */
const BT_DICT = 0x64

export class RpcRouter {
  readonly #storage: RpcRouterOptions['storage']
  readonly #held: HeldRetrievals

  constructor({ storage, held }: RpcRouterOptions) {
    this.#storage = storage
    this.#held = held
  }

  /** A body of JSON or bt-encoding, answered in kind. */
  async answerAny(body: Uint8Array, signal: AbortSignal): Promise<EncodedContent> {
    const encoding = body[0] === BT_DICT ? 'bt' : 'json'
    const request = encoding === 'bt' ? parseBtRequest(body) : parseText(body)
    return this.#answer(request, { encoding, signal })
  }

  /** A body of JSON alone: where the answer has to be text, too. Bytes become base64. */
  async answer(body: Uint8Array, signal: AbortSignal): Promise<ReplyContent> {
    const content = await this.#answer(parseText(body), { encoding: 'json', signal })
    const text = typeof content.body === 'string' ? content.body : toBase64(content.body)
    return { status: content.status, body: text, isJson: content.contentType === 'application/json' }
  }

  async #answer(request: RpcRequest, context: Context): Promise<EncodedContent> {
    const content = request.kind === 'refused' ? request.answer : await this.#run(request, context)
    return encodeContent(content, context.encoding)
  }

  async #run(action: RpcAction, context: Context): Promise<RpcContent> {
    switch (action.kind) {
      case 'call': {
        const { call } = action
        const wait = call.method === 'retrieve' ? call.params.wait : undefined
        const run = () => this.#storage.answer(call, context)
        return this.#hold({ calls: [call], wait, run, isEmpty: hasNothingNew }, context.signal)
      }
      case 'batch': {
        const run = () => this.#batch(action, context)
        const isEmpty = (answers: readonly StorageAnswer[]) => answers.every(hasNothingNew)
        const { calls, wait } = action
        return joinContents(await this.#hold({ calls, wait, run, isEmpty }, context.signal), context.encoding)
      }
      case 'ifelse':
        return this.#ifElse(action, context)
    }
  }

  async #ifElse(action: IfElse, context: Context): Promise<RpcContent> {
    const { state } = this.#storage
    const condition = holdsCondition(action.condition, state)
    const branch = condition ? action.whenTrue : action.whenFalse
    const body = { hf: state.fork, v: state.version, height: state.height, condition }
    return wrapContent(body, branch && (await this.#run(branch, context)), context.encoding)
  }

  /** A batch starts everything at once, but for retrieves that have to share what one answer holds. */
  async #batch(batch: Batch, context: Context): Promise<readonly StorageAnswer[]> {
    if (batch.mode === 'sequence') return this.#sequence(batch, context)
    const { calls } = batch
    if (fitTogether(calls)) return Promise.all(calls.map((call) => this.#storage.answer(call, context)))
    const budget = new BatchBudget(calls)
    let previous: Promise<unknown> = Promise.resolve()
    return Promise.all(
      calls.map((call) => {
        if (call.method !== 'retrieve') return this.#storage.answer(call, context)
        const answer = previous.then(() => this.#retrieve(call, budget, context))
        previous = answer
        return answer
      }),
    )
  }

  async #sequence({ calls }: Batch, context: Context): Promise<readonly StorageAnswer[]> {
    const budget = new BatchBudget(calls)
    const answers: StorageAnswer[] = []
    for (const call of calls) {
      const answer = await this.#retrieve(call, budget, context)
      answers.push(answer)
      if (answer.status < 200 || answer.status > 299) break
    }
    return answers
  }

  /** A call that takes from the budget, if it is a retrieve. */
  async #retrieve(call: RpcCall, budget: BatchBudget, context: Context): Promise<StorageAnswer> {
    if (call.method !== 'retrieve') return this.#storage.answer(call, context)
    const answer = await this.#storage.answer(call, { ...context, sizeBudget: budget.next() })
    budget.spend(answer.cost ?? 0)
    return answer
  }

  /**
   * Answers, and if there is nothing new waits once for something and answers again. Only requests that do nothing but
   * retrieve of one owner are held: doing anything else twice would be wrong.
   */
  async #hold<T>(
    work: {
      readonly calls: readonly RpcCall[]
      readonly wait: Millis | undefined
      readonly run: () => Promise<T>
      readonly isEmpty: (answer: T) => boolean
    },
    signal: AbortSignal,
  ): Promise<T> {
    const { wait, run } = work
    const target = wait === undefined || wait === 0 ? undefined : retrievedBy(work.calls)
    if (!target) return run()
    // Registered before the first look, so that a message that comes in between wakes us.
    using held = this.#held.register(target.owner, target.namespaces)
    const first = await run()
    if (!held || !work.isEmpty(first)) return first
    await held.wait(Math.min(wait!, LIMITS.maxWait) as Millis, signal)
    return run()
  }
}

function parseText(body: Uint8Array): RpcRequest {
  const text = decodeText(body)
  return text === undefined ? { kind: 'refused', answer: rpcAnswers.invalidJson() } : parseRpcRequest(text)
}

function retrievedBy(calls: readonly RpcCall[]): { owner: Owner; namespaces: Namespace[] } | undefined {
  const namespaces: Namespace[] = []
  let owner: Owner | undefined
  for (const call of calls) {
    if (call.method !== 'retrieve') return undefined
    if (owner !== undefined && owner !== call.params.owner) return undefined
    owner = call.params.owner
    namespaces.push(call.params.namespace)
  }
  return owner === undefined ? undefined : { owner, namespaces }
}

function hasNothingNew(answer: StorageAnswer): boolean {
  if (answer.status !== 200 || typeof answer.body === 'string') return false
  const { messages } = answer.body as { messages?: unknown }
  return Array.isArray(messages) && messages.length === 0
}
