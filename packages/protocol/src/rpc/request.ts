/** Requests as they come in: one call, or several in a `batch`, `sequence` or `ifelse`. @see docs/protocol/storage-rpc.md §9 */
import type { Millis } from '../brand.ts'
import { type JsonObject, parseJson } from '../codec/json.ts'
import { requestFaults, rpcAnswers, type TextAnswer } from './answers.ts'
import { type Condition, readCondition } from './condition.ts'
import {
  type Encoding,
  type FieldSource,
  isFieldSource,
  RefusedRequestError,
  readFields,
  refuse,
  textOf,
  valueIn,
  wait,
} from './fields.ts'
import { LIMITS } from './limits.ts'
import { decodeDict, decodeParams } from './method.ts'
import { encodeCall, type MethodName, methodOf, parseMethodName, type RpcCall } from './registry.ts'

/** `batch` starts all at once; `sequence` stops after the first that does not succeed. */
export type BatchMode = 'batch' | 'sequence'

/** What a request asks for, all of it well-formed. */
export type RpcAction =
  | { readonly kind: 'call'; readonly call: RpcCall }
  | {
      readonly kind: 'batch'
      readonly mode: BatchMode
      /** 1…20. */
      readonly calls: readonly RpcCall[]
      /** Native extension: hold the answer until a retrieve among them has something new, at most this long. */
      readonly wait: Millis | undefined
    }
  | {
      readonly kind: 'ifelse'
      readonly condition: Condition
      /** At least one of the two. */
      readonly whenTrue: RpcAction | undefined
      readonly whenFalse: RpcAction | undefined
    }

export type RpcRequest = RpcAction | { readonly kind: 'refused'; readonly answer: TextAnswer }

const META_METHODS: readonly string[] = ['batch', 'sequence', 'ifelse']

/** What is read, and how many calls it may still have. */
type Context = { readonly encoding: Encoding; readonly depth: number; readonly count: { calls: number } }

/** The request in a JSON text, or the answer that refuses it. Never throws for what is in `text`. */
export function parseRpcRequest(text: string): RpcRequest {
  const json = parseJson(text)
  return json === undefined ? refused(rpcAnswers.invalidJson()) : readRequest(json, 'json')
}

/** The request in a bt dict `{method, params}`, or the answer that refuses it. Never throws for what is in `bytes`. */
export function parseBtRequest(bytes: Uint8Array): RpcRequest {
  const dict = decodeDict(bytes)
  return dict === undefined ? refused(rpcAnswers.invalidJson()) : readRequest(dict, 'bt')
}

/** `{"method","params"}` of several calls. */
export function encodeBatch(
  mode: BatchMode,
  calls: readonly RpcCall[],
  options: { readonly wait?: Millis } = {},
): { readonly method: BatchMode; readonly params: JsonObject } {
  return { method: mode, params: { requests: calls.map(encodeCall), ...options } }
}

function readRequest(source: unknown, encoding: Encoding): RpcRequest {
  const method = isFieldSource(source) ? textOf(valueIn(source, 'method'), encoding) : undefined
  if (method === undefined) return refused(rpcAnswers.noMethodField())
  const params = valueIn(source as FieldSource, 'params')
  if (!isFieldSource(params)) return refused(rpcAnswers.noParamsField())
  if (!isMethod(method)) return refused(rpcAnswers.unknownMethod(method))
  try {
    return readAction(method, params, { encoding, depth: 0, count: { calls: 0 } })
  } catch (error) {
    if (error instanceof RefusedRequestError) return refused(error.answer)
    throw error
  }
}

function isMethod(method: string): boolean {
  return META_METHODS.includes(method) || parseMethodName(method) !== undefined
}

/** @throws {RefusedRequestError} */
function readAction(method: string, params: FieldSource, context: Context): RpcAction {
  if (method === 'batch' || method === 'sequence') return readBatch(method, params, context)
  if (method === 'ifelse') return readIfElse(params, context)
  countCall(context)
  return { kind: 'call', call: readCall(parseMethodName(method)!, params, context.encoding) }
}

function readBatch(mode: BatchMode, params: FieldSource, context: Context): RpcAction {
  const requests = valueIn(params, 'requests')
  if (!Array.isArray(requests) || requests.length === 0) return refuse(requestFaults.batchRequests())
  if (requests.length > LIMITS.batchSize) return refuse(requestFaults.batchSize())
  return {
    kind: 'batch',
    mode,
    calls: requests.map((request: unknown) => readSubrequest(request, context)),
    wait: readFields({ wait }, params, context.encoding).wait,
  }
}

/** @throws {RefusedRequestError} One that is malformed fails them all. */
function readSubrequest(request: unknown, context: Context): RpcCall {
  const { encoding } = context
  if (!isFieldSource(request)) return refuse(requestFaults.batchObjects())
  const method = textOf(valueIn(request, 'method'), encoding)
  const params = valueIn(request, 'params')
  if (method === undefined || !isFieldSource(params)) return refuse(requestFaults.batchKeys())
  if (META_METHODS.includes(method)) return refuse(requestFaults.batchNested())
  const name = parseMethodName(method)
  if (name === undefined) return refuse(requestFaults.batchMethod(method))
  countCall(context)
  return readCall(name, params, encoding)
}

function readIfElse(params: FieldSource, context: Context): RpcAction {
  const { encoding } = context
  if (context.depth > LIMITS.ifelseDepth) return refuse(requestFaults.ifelseTooMuch())
  const source = valueIn(params, 'if')
  if (!isFieldSource(source)) return refuse(requestFaults.ifelseCondition())
  const condition = readCondition(source, encoding)
  const inner = { ...context, depth: context.depth + 1 }
  const whenTrue = readBranch('then', params, inner)
  const whenFalse = readBranch('else', params, inner)
  if (whenTrue === undefined && whenFalse === undefined) return refuse(requestFaults.ifelseNothing())
  return { kind: 'ifelse', condition, whenTrue, whenFalse }
}

function readBranch(branch: 'then' | 'else', params: FieldSource, context: Context): RpcAction | undefined {
  const request = valueIn(params, branch)
  if (request === undefined) return undefined
  if (!isFieldSource(request)) return refuse(requestFaults.ifelseObject(branch))
  const method = textOf(valueIn(request, 'method'), context.encoding)
  const inner = valueIn(request, 'params')
  if (method === undefined || !isFieldSource(inner)) return refuse(requestFaults.ifelseKeys(branch))
  return isMethod(method) ? readAction(method, inner, context) : refuse(requestFaults.ifelseMethod(branch))
}

/** Only one branch is carried out, but all of them are read. */
function countCall({ count, depth }: Context): void {
  count.calls++
  if (depth > 0 && count.calls > LIMITS.ifelseCalls) refuse(requestFaults.ifelseTooMuch())
}

/** @throws {RefusedRequestError} */
function readCall(method: MethodName, params: FieldSource, encoding: Encoding): RpcCall {
  const parsed = decodeParams(methodOf(method), params, encoding)
  if (parsed.kind === 'refused') throw new RefusedRequestError(parsed.answer)
  return { method, params: parsed.params } as RpcCall
}

function refused(answer: TextAnswer): RpcRequest {
  return { kind: 'refused', answer }
}
