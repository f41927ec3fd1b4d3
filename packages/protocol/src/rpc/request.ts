/** Requests as they come in: one call, or several in a `batch` or `sequence`. @see docs/protocol/storage-rpc.md §9 */
import type { Millis } from '../brand.ts'
import { isJsonObject, type JsonObject, parseJson } from '../codec/json.ts'
import { requestFaults, rpcAnswers, type TextAnswer } from './answers.ts'
import { RefusedRequestError, readFields, refuse, wait } from './fields.ts'
import { LIMITS } from './limits.ts'
import { decodeParams } from './method.ts'
import { encodeCall, type MethodName, methodOf, parseMethodName, type RpcCall } from './registry.ts'

/** `batch` starts all at once; `sequence` stops after the first that does not succeed. */
export type BatchMode = 'batch' | 'sequence'

export type RpcRequest =
  | { readonly kind: 'call'; readonly call: RpcCall }
  | {
      readonly kind: 'batch'
      readonly mode: BatchMode
      /** 1…20. */
      readonly calls: readonly RpcCall[]
      /** Native extension: hold the answer until a retrieve among them has something new, at most this long. */
      readonly wait: Millis | undefined
    }
  | { readonly kind: 'refused'; readonly answer: TextAnswer }

const META_METHODS: readonly string[] = ['batch', 'sequence', 'ifelse']

/** The request in a JSON text, or the answer that refuses it. Never throws for what is in `text`. */
export function parseRpcRequest(text: string): RpcRequest {
  const json = parseJson(text)
  if (json === undefined) return refused(rpcAnswers.invalidJson())
  const { method, params } = isJsonObject(json) ? json : {}
  if (typeof method !== 'string') return refused(rpcAnswers.noMethodField())
  if (!isJsonObject(params)) return refused(rpcAnswers.noParamsField())
  if (method === 'batch' || method === 'sequence') return parseBatch(method, params)
  const name = parseMethodName(method)
  if (name === undefined) return refused(rpcAnswers.unknownMethod(method))
  const parsed = parseCall(name, params)
  return 'answer' in parsed ? refused(parsed.answer) : { kind: 'call', call: parsed }
}

/** `{"method","params"}` of several calls. */
export function encodeBatch(
  mode: BatchMode,
  calls: readonly RpcCall[],
  options: { readonly wait?: Millis } = {},
): { readonly method: BatchMode; readonly params: JsonObject } {
  return { method: mode, params: { requests: calls.map(encodeCall), ...options } }
}

function parseBatch(mode: BatchMode, params: JsonObject): RpcRequest {
  try {
    const { requests } = params
    if (!Array.isArray(requests) || requests.length === 0) return refuse(requestFaults.batchRequests())
    if (requests.length > LIMITS.batchSize) return refuse(requestFaults.batchSize())
    return {
      kind: 'batch',
      mode,
      calls: requests.map(parseSubrequest),
      wait: readFields({ wait }, params, 'json').wait,
    }
  } catch (error) {
    if (error instanceof RefusedRequestError) return refused(error.answer)
    throw error
  }
}

/** @throws {RefusedRequestError} One that is malformed fails them all. */
function parseSubrequest(request: unknown): RpcCall {
  if (!isJsonObject(request)) return refuse(requestFaults.batchObjects())
  const { method, params } = request
  if (typeof method !== 'string' || !isJsonObject(params)) return refuse(requestFaults.batchKeys())
  if (META_METHODS.includes(method)) return refuse(requestFaults.batchNested())
  const name = parseMethodName(method)
  if (name === undefined) return refuse(requestFaults.batchMethod(method))
  const parsed = parseCall(name, params)
  if ('answer' in parsed) throw new RefusedRequestError(parsed.answer)
  return parsed
}

function parseCall(method: MethodName, params: JsonObject): RpcCall | { readonly answer: TextAnswer } {
  const parsed = decodeParams(methodOf(method), params)
  return parsed.kind === 'ok' ? ({ method, params: parsed.params } as RpcCall) : { answer: parsed.answer }
}

function refused(answer: TextAnswer): RpcRequest {
  return { kind: 'refused', answer }
}
