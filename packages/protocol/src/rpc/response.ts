/** Answers as a client receives them. */
import type { UnixMillis } from '../brand.ts'
import { fromBase64 } from '../bytes/base64.ts'
import { isJsonObject, type JsonObject, parseJson } from '../codec/json.ts'
import { MalformedInputError } from '../errors.ts'
import { LIMITS } from './limits.ts'
import type { ResultCodec } from './method.ts'
import { type GetSwarmResult, getSwarm } from './methods/get-swarm.ts'
import { type MethodName, type MethodResult, methodOf } from './registry.ts'

/** A status with the meaning of HTTP, and a body: JSON text, other text, or a value that was JSON. */
export type RpcAnswer = { readonly status: number; readonly body: unknown }

export type RpcOutcome<Result> =
  | { readonly kind: 'ok'; readonly result: Result; readonly networkTime: UnixMillis | undefined }
  /** The node is not in the owner's swarm; the nodes that are, if it said so. */
  | { readonly kind: 'wrongSwarm'; readonly swarm: GetSwarmResult | undefined }
  /** Our clock and that of the node differ too much. */
  | { readonly kind: 'clock'; readonly networkTime: UnixMillis | undefined }
  | { readonly kind: 'unauthorised' }
  | { readonly kind: 'busy' }
  /** The node will not do it, and would not the next time. */
  | { readonly kind: 'refused'; readonly status: number; readonly text: string }
  /** The node cannot do it now. */
  | { readonly kind: 'failed'; readonly status: number; readonly text: string }
  /** Not what the method answers. */
  | { readonly kind: 'malformed' }

const MAX_TEXT = 200

/** What an answer to a method means. Never throws for what is in `answer`. */
export function parseRpcAnswer<Name extends MethodName>(
  method: Name,
  answer: RpcAnswer,
): RpcOutcome<MethodResult<Name>> {
  const { status } = answer
  const body = objectOf(answer.body)
  const networkTime = body && timeOf(body)
  // A recursive method says with 404 that nobody had anything; its body is a result all the same.
  if (status === 200 || (status === 404 && isJsonObject(body?.['swarm']))) {
    const codec = methodOf(method).result as unknown as ResultCodec<MethodResult<Name>, unknown>
    const written = method === 'active_nodes_bin' ? bytesOf(answer.body) : body
    const result = written && attempt(() => codec.read(written))
    return result === undefined ? { kind: 'malformed' } : { kind: 'ok', result, networkTime }
  }
  const text = typeof answer.body === 'string' ? answer.body.slice(0, MAX_TEXT).trim() : ''
  switch (status) {
    case 401:
      return { kind: 'unauthorised' }
    case 406:
    case 425:
      return { kind: 'clock', networkTime }
    case 421:
      return { kind: 'wrongSwarm', swarm: body && attempt(() => getSwarm.result.read(body)) }
    case 429:
    case 503:
      return { kind: 'busy' }
    default:
      return { kind: status >= 400 && status < 500 ? 'refused' : 'failed', status, text }
  }
}

/**
 * The answers of a `batch` or `sequence`, in the order of its requests; a sequence may have fewer.
 *
 * @throws {MalformedInputError} `rpc_result`
 */
export function parseBatchAnswer(answer: RpcAnswer): readonly RpcAnswer[] {
  const results = answer.status === 200 ? objectOf(answer.body)?.['results'] : undefined
  if (!Array.isArray(results) || results.length > LIMITS.batchSize)
    throw new MalformedInputError('rpc_result', 'no results')
  return results.map((result: unknown) => {
    const { code, body } = isJsonObject(result) ? result : {}
    if (typeof code !== 'number' || !Number.isInteger(code)) throw new MalformedInputError('rpc_result', 'code')
    return { status: code, body }
  })
}

/** The body that `parseBatchAnswer` reads. */
export function encodeBatchAnswer(answers: readonly RpcAnswer[]): JsonObject {
  return { results: answers.map(({ status, body }) => ({ code: status, body })) }
}

function objectOf(body: unknown): JsonObject | undefined {
  const value = typeof body === 'string' ? parseJson(body) : body
  return isJsonObject(value) ? value : undefined
}

/** Bytes, or the base64 as which they stand in JSON. */
function bytesOf(body: unknown): Uint8Array | undefined {
  if (body instanceof Uint8Array) return body
  return typeof body === 'string' ? attempt(() => fromBase64(body)) : undefined
}

function timeOf({ t }: JsonObject & { readonly t?: unknown }): UnixMillis | undefined {
  return Number.isSafeInteger(t) && (t as number) >= LIMITS.minTimestamp ? (t as UnixMillis) : undefined
}

function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof MalformedInputError) return undefined
    throw error
  }
}
