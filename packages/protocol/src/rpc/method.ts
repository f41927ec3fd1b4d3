/** How a method of the storage RPC is declared: once, for the node's router and for the client's calls. */
import type { UnixMillis } from '../brand.ts'
import { type BencodeInput, bencodeDict, decodeBencode, encodeBencode, isBencodeDict } from '../codec/bencode.ts'
import { CodecError } from '../codec/codec.ts'
import { isJsonObject, type JsonObject } from '../codec/json.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { MalformedInputError } from '../errors.ts'
import type { Owner } from '../identity/account-id.ts'
import { rpcAnswers, type TextAnswer } from './answers.ts'
import { type RequestProof, verifyRequest } from './authentication.ts'
import {
  type Encoding,
  type FieldSet,
  type FieldSource,
  type Fields,
  RefusedRequestError,
  readFields,
  writeFields,
} from './fields.ts'
import type { SubaccountToken } from './subaccount.ts'

export interface Method<Name extends string, Set extends FieldSet, Params, Result, Body = JsonObject> {
  readonly name: Name
  /** Parameters, in alphabetical order. */
  readonly fields: Set
  /** Every member of the swarm carries it out, and the answer has an entry for each. */
  readonly recursive: boolean
  /** Parameters that members are not told. */
  readonly notForwarded: readonly (keyof Set)[]
  /** @throws {RefusedRequestError} */
  read(fields: Fields<Set>): Params
  write(params: Params): Fields<Set>
  /** `undefined`: any node answers anybody. Else only a member of the owner's swarm answers (421 otherwise). */
  readonly access: Access<Params> | undefined
  readonly result: ResultCodec<Result, Body>
}

export type Access<Params> = {
  /**
   * What is wrong with the request as seen at `now`, before any signature is verified. `isForwarded`: by another member,
   * which has checked it by its own clock.
   */
  check(params: Params, now: UnixMillis, isForwarded?: boolean): TextAnswer | undefined
  /** `undefined`, if there is nothing to verify. */
  proof(params: Params): RequestProof | undefined
  /** Answer with status 401. */
  readonly badSignature: string
  /** What a request that is signed as it should be may not ask all the same. */
  checkSigned?(params: Params): TextAnswer | undefined
}

export type ResultCodec<Result, Body = JsonObject> = {
  /** Without `t` and `hf`: see `withNetworkTime`. For JSON, unless told; for `bt`, bytes in it are raw. */
  write(result: Result, encoding?: Encoding): Body
  /** A body that was JSON. @throws {MalformedInputError} `rpc_result` */
  read(body: Body): Result
}

/** What is known of a method where its fields do not matter: every `Method` is one. */
export interface Declared<Params> {
  readonly fields: FieldSet
  readonly notForwarded: readonly PropertyKey[]
  read(fields: never): Params
  write(params: Params): object
  readonly access: Access<Params> | undefined
}

export type ParsedParams<Params> =
  | { readonly kind: 'ok'; readonly params: Params }
  | { readonly kind: 'refused'; readonly answer: TextAnswer }

// biome-ignore lint/suspicious/noExplicitAny: stands for every method; the members that use the parameters are contravariant
export type AnyMethod = Method<string, any, any, any, any>
export type ParamsOf<M extends AnyMethod> = ReturnType<M['read']>
export type ResultOf<M extends AnyMethod> = ReturnType<M['result']['read']>

export function defineMethod<const Name extends string, Set extends FieldSet, Params, Result>(
  method: Method<Name, Set, Params, Result>,
): Method<Name, Set, Params, Result> {
  return method
}

/** Typed parameters, or the answer that refuses them. Throws nothing for what is in `source`. */
export function decodeParams<Params>(
  method: Declared<Params>,
  source: FieldSource,
  encoding: Encoding = 'json',
): ParsedParams<Params> {
  try {
    return { kind: 'ok', params: method.read(readFields(method.fields, source, encoding) as never) }
  } catch (error) {
    if (error instanceof RefusedRequestError) return { kind: 'refused', answer: error.answer }
    throw error
  }
}

/** The JSON parameters of a request. A client may add keys of its own for padding: nodes ignore them. */
export function encodeParams<Params>(method: Declared<Params>, params: Params): JsonObject {
  return writeFields(method.fields, method.write(params) as Fields<FieldSet>, 'json')
}

/** Parameters as one member hands them to another: a bt dict. */
export function encodeForward<Params>(method: Declared<Params>, params: Params): Uint8Array {
  const written = writeFields(method.fields, method.write(params) as Fields<FieldSet>, 'bt') as Record<
    string,
    BencodeInput
  >
  for (const name of method.notForwarded) delete written[name as string]
  return encodeBencode(bencodeDict(written))
}

/** The parameters of a forwarded request, to be checked like those of a client. */
export function decodeForward<Params>(method: Declared<Params>, bytes: Uint8Array): ParsedParams<Params> {
  const dict = decodeDict(bytes)
  if (dict === undefined) return { kind: 'refused', answer: rpcAnswers.invalidRequest('not a bt dict') }
  return decodeParams(method, dict, 'bt')
}

/** The refusal of a request whose signature does not hold, `undefined` if it does or none is needed. */
export function verifyAccess<Params>(
  crypto: Crypto,
  method: Declared<Params>,
  params: Params,
  isRevoked: (owner: Owner, token: SubaccountToken) => boolean,
): TextAnswer | undefined {
  const proof = method.access?.proof(params)
  if (proof === undefined || verifyRequest(crypto, proof, isRevoked)) return undefined
  return { status: 401, body: method.access!.badSignature }
}

/** The refusal of a request after all checks but that of the swarm, `undefined` if it is to be carried out. */
export function authorise<Params>(
  method: Declared<Params>,
  params: Params,
  context: {
    readonly crypto: Crypto
    readonly now: UnixMillis
    readonly isRevoked: (owner: Owner, token: SubaccountToken) => boolean
    /** By another member, which has checked it by its own clock. */
    readonly isForwarded?: boolean
  },
): TextAnswer | undefined {
  return (
    method.access?.check(params, context.now, context.isForwarded ?? false) ??
    verifyAccess(context.crypto, method, params, context.isRevoked) ??
    method.access?.checkSigned?.(params)
  )
}

/** A result with the node's clock and fork, as most answers carry them. */
export function withNetworkTime(
  body: JsonObject,
  time: { readonly now: UnixMillis; readonly fork: readonly [number, number] },
): JsonObject {
  return { ...body, t: time.now, hf: time.fork }
}

/** The dict in bytes, `undefined` if it is none. */
export function decodeDict(bytes: Uint8Array): ReadonlyMap<string, unknown> | undefined {
  try {
    const value = decodeBencode(bytes)
    return isBencodeDict(value) ? value : undefined
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}

/** @throws {MalformedInputError} `rpc_result`, if fields of a result are missing or wrong. */
export function readResult<Set extends FieldSet>(set: Set, source: unknown, encoding: Encoding): Fields<Set> {
  if (!isJsonObject(source)) throw new MalformedInputError('rpc_result', 'no object')
  try {
    return readFields(set, source as FieldSource, encoding)
  } catch (error) {
    if (error instanceof RefusedRequestError) throw new MalformedInputError('rpc_result', 'fields', { cause: error })
    throw error
  }
}

/** @throws {MalformedInputError} `rpc_result` */
export function present<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new MalformedInputError('rpc_result', `${name} is missing`)
  return value
}
