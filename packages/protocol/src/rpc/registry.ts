/** All methods of the storage RPC. A method is added here and nowhere else. */
import type { UnixMillis } from '../brand.ts'
import type { JsonObject } from '../codec/json.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Owner } from '../identity/account-id.ts'
import type { TextAnswer } from './answers.ts'
import type { FieldSet } from './fields.ts'
import { authorise, encodeParams, type Method, type ParamsOf, type ResultOf } from './method.ts'
import { deleteMessages } from './methods/delete.ts'
import { expire } from './methods/expire.ts'
import { getExpiries } from './methods/get-expiries.ts'
import { getSwarm } from './methods/get-swarm.ts'
import { info } from './methods/info.ts'
import { oxendRequest } from './methods/oxend-request.ts'
import { retrieve } from './methods/retrieve.ts'
import { store } from './methods/store.ts'
import type { SubaccountToken } from './subaccount.ts'

export const METHODS = {
  delete: deleteMessages,
  expire,
  get_expiries: getExpiries,
  get_swarm: getSwarm,
  info,
  oxend_request: oxendRequest,
  retrieve,
  store,
} as const

export type MethodName = keyof typeof METHODS
export type MethodParams<Name extends MethodName> = ParamsOf<(typeof METHODS)[Name]>
export type MethodResult<Name extends MethodName> = ResultOf<(typeof METHODS)[Name]>

/** One request, parsed. */
export type RpcCall = {
  readonly [Name in MethodName]: { readonly method: Name; readonly params: MethodParams<Name> }
}[MethodName]

const ALIASES: Readonly<Record<string, MethodName>> = { get_snodes_for_pubkey: 'get_swarm' }

/** The method of a name or alias. */
export function parseMethodName(name: string): MethodName | undefined {
  if (Object.hasOwn(METHODS, name)) return name as MethodName
  return Object.hasOwn(ALIASES, name) ? ALIASES[name] : undefined
}

/** The declaration of a call's method, for its parameters. */
export function methodOf<Name extends MethodName>(
  name: Name,
): Method<Name, FieldSet, MethodParams<Name>, MethodResult<Name>> {
  return METHODS[name] as unknown as Method<Name, FieldSet, MethodParams<Name>, MethodResult<Name>>
}

/** The owner whose swarm has to answer, `undefined` if any node does. */
export function swarmOwner(call: RpcCall): Owner | undefined {
  return METHODS[call.method].access === undefined ? undefined : (call.params as { owner: Owner }).owner
}

/** The refusal of a call after all checks but that of the swarm, `undefined` if it is to be carried out. */
export function authoriseCall(
  call: RpcCall,
  context: {
    readonly crypto: Crypto
    readonly now: UnixMillis
    readonly isRevoked: (owner: Owner, token: SubaccountToken) => boolean
  },
): TextAnswer | undefined {
  return authorise(methodOf<MethodName>(call.method), call.params, context)
}

/** `{"method","params"}` of a call. */
export function encodeCall(call: RpcCall): { readonly method: MethodName; readonly params: JsonObject } {
  return { method: call.method, params: encodeParams(methodOf<MethodName>(call.method), call.params) }
}
