/** All methods of the storage RPC. A method is added here and nowhere else. */
import type { UnixMillis } from '../brand.ts'
import type { JsonObject } from '../codec/json.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Owner } from '../identity/account-id.ts'
import type { TextAnswer } from './answers.ts'
import type { FieldSet } from './fields.ts'
import { authorise, encodeParams, type Method, type ParamsOf, type ResultOf, verifyAccess } from './method.ts'
import { activeNodesBin } from './methods/active-nodes-bin.ts'
import { deleteMessages } from './methods/delete.ts'
import { deleteAll } from './methods/delete-all.ts'
import { deleteBefore } from './methods/delete-before.ts'
import { expire } from './methods/expire.ts'
import { expireAll } from './methods/expire-all.ts'
import { getExpiries } from './methods/get-expiries.ts'
import { getSwarm } from './methods/get-swarm.ts'
import { info } from './methods/info.ts'
import { oxendRequest } from './methods/oxend-request.ts'
import { retrieve } from './methods/retrieve.ts'
import { revokeSubaccount, unrevokeSubaccount } from './methods/revoke-subaccount.ts'
import { revokedSubaccounts } from './methods/revoked-subaccounts.ts'
import { store } from './methods/store.ts'
import type { SubaccountToken } from './subaccount.ts'

export const METHODS = {
  active_nodes_bin: activeNodesBin,
  delete: deleteMessages,
  delete_all: deleteAll,
  delete_before: deleteBefore,
  expire,
  expire_all: expireAll,
  get_expiries: getExpiries,
  get_swarm: getSwarm,
  info,
  oxend_request: oxendRequest,
  retrieve,
  revoke_subaccount: revokeSubaccount,
  revoked_subaccounts: revokedSubaccounts,
  store,
  unrevoke_subaccount: unrevokeSubaccount,
} as const

export type MethodName = keyof typeof METHODS
export type MethodParams<Name extends MethodName> = ParamsOf<(typeof METHODS)[Name]>
export type MethodResult<Name extends MethodName> = ResultOf<(typeof METHODS)[Name]>
/** What a result is written as: an object, or bytes alone. */
export type MethodBody<Name extends MethodName> = Name extends 'active_nodes_bin' ? Uint8Array : JsonObject

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
): Method<Name, FieldSet, MethodParams<Name>, MethodResult<Name>, MethodBody<Name>> {
  type Found = Method<Name, FieldSet, MethodParams<Name>, MethodResult<Name>, MethodBody<Name>>
  return METHODS[name] as unknown as Found
}

/** The owner whose swarm has to answer, `undefined` if any node does. */
export function swarmOwner(call: RpcCall): Owner | undefined {
  return METHODS[call.method].access === undefined ? undefined : (call.params as { owner: Owner }).owner
}

/** The subaccount token that a call is signed with. */
export function subaccountOf(call: RpcCall): SubaccountToken | undefined {
  return 'auth' in call.params ? call.params.auth?.subaccount?.token : undefined
}

/** The refusal of a call after all checks but that of the swarm, `undefined` if it is to be carried out. */
export function authoriseCall(
  call: RpcCall,
  context: {
    readonly crypto: Crypto
    readonly now: UnixMillis
    readonly isRevoked: (owner: Owner, token: SubaccountToken) => boolean
    readonly isForwarded?: boolean
  },
): TextAnswer | undefined {
  return authorise(methodOf<MethodName>(call.method), call.params, context)
}

/** Whether a call that is no longer new is signed as it should be: all checks of a call but those of time. */
export function verifyCallSignature(
  call: RpcCall,
  context: { readonly crypto: Crypto; readonly isRevoked: (owner: Owner, token: SubaccountToken) => boolean },
): boolean {
  const method = methodOf<MethodName>(call.method)
  if (verifyAccess(context.crypto, method, call.params, context.isRevoked) !== undefined) return false
  return method.access?.checkSigned?.(call.params) === undefined
}

/** `{"method","params"}` of a call. */
export function encodeCall(call: RpcCall): { readonly method: MethodName; readonly params: JsonObject } {
  return { method: call.method, params: encodeParams(methodOf<MethodName>(call.method), call.params) }
}
