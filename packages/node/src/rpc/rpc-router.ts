/** From a request's bytes to an answer: parses, carries out, holds. docs/protocol/storage-rpc.md §8, §9. */
import {
  encodeBatchAnswer,
  fromUtf8,
  LIMITS,
  MalformedInputError,
  type Millis,
  type Namespace,
  type Owner,
  parseRpcRequest,
  type ReplyContent,
  type RpcCall,
  type RpcRequest,
  rpcAnswers,
  type TextAnswer,
} from '@starling/protocol'
import type { HeldRetrievals } from '../storage/held-retrievals.ts'
import type { StorageAnswer, StorageService } from '../storage/storage-service.ts'

export type RpcRouterOptions = { readonly storage: StorageService; readonly held: HeldRetrievals }

export class RpcRouter {
  readonly #storage: StorageService
  readonly #held: HeldRetrievals

  constructor({ storage, held }: RpcRouterOptions) {
    this.#storage = storage
    this.#held = held
  }

  async answer(body: Uint8Array, signal: AbortSignal): Promise<ReplyContent> {
    const request = parse(body)
    switch (request.kind) {
      case 'refused':
        return { ...request.answer, isJson: false }
      case 'call': {
        const wait = request.call.method === 'retrieve' ? request.call.params.wait : undefined
        const run = () => this.#storage.answer(request.call)
        return content(await this.#hold([request.call], wait, run, hasNothingNew, signal))
      }
      case 'batch': {
        const run = () => this.#batch(request)
        const nothing = (answers: readonly StorageAnswer[]) => answers.every(hasNothingNew)
        const answers = await this.#hold(request.calls, request.wait, run, nothing, signal)
        return content({ status: 200, body: encodeBatchAnswer(answers) })
      }
    }
  }

  async #batch(request: RpcRequest & { kind: 'batch' }): Promise<readonly StorageAnswer[]> {
    if (request.mode === 'batch') return Promise.all(request.calls.map((call) => this.#storage.answer(call)))
    const answers: StorageAnswer[] = []
    for (const call of request.calls) {
      const answer = await this.#storage.answer(call)
      answers.push(answer)
      if (answer.status < 200 || answer.status > 299) break
    }
    return answers
  }

  /**
   * Answers, and if there is nothing new waits once for something and answers again. Only requests that do nothing but
   * retrieve of one owner are held: doing anything else twice would be wrong.
   */
  async #hold<T>(
    calls: readonly RpcCall[],
    wait: Millis | undefined,
    run: () => Promise<T>,
    isEmpty: (answer: T) => boolean,
    signal: AbortSignal,
  ): Promise<T> {
    const target = wait === undefined || wait === 0 ? undefined : retrievedBy(calls)
    if (!target) return run()
    // Registered before the first look, so that a message that comes in between wakes us.
    using held = this.#held.register(target.owner, target.namespaces)
    const first = await run()
    if (!held || !isEmpty(first)) return first
    await held.wait(Math.min(wait!, LIMITS.maxWait) as Millis, signal)
    return run()
  }
}

function parse(body: Uint8Array): RpcRequest {
  let text: string
  try {
    text = fromUtf8(body)
  } catch (error) {
    if (error instanceof MalformedInputError)
      return { kind: 'refused', answer: rpcAnswers.invalidJson() satisfies TextAnswer }
    throw error
  }
  return parseRpcRequest(text)
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

function content(answer: StorageAnswer): ReplyContent {
  return typeof answer.body === 'string'
    ? { status: answer.status, body: answer.body, isJson: false }
    : { status: answer.status, body: JSON.stringify(answer.body), isJson: true }
}
