/** From a client's request to the change record that it leaves. */
import {
  CodecError,
  type Crypto,
  clampExpiry,
  clientRequest,
  decodeForward,
  deriveRecordId,
  type ExpireParams,
  effectiveChange,
  type MessageHash,
  methodOf,
  type Owner,
  parseMethodName,
  type RpcCall,
  type UnixMillis,
} from '@starling/protocol'
import { type Change, type ChangeRecord, changeExpiry } from './change-record.ts'
import type { HashExpiry } from './node-store.ts'

/** Version and time. */
const FORWARD_HEAD = 9

/** What a request changes for good, if it was taken up at `at`; nothing for methods that leave no record. */
function changeOf(call: RpcCall, at: UnixMillis): Change | undefined {
  switch (call.method) {
    case 'delete':
      return { kind: 'delete', hashes: call.params.messages }
    case 'delete_all':
      return { kind: 'deleteAll', namespace: call.params.namespace }
    case 'delete_before':
      return { kind: 'deleteAll', namespace: call.params.namespace, before: call.params.before }
    case 'revoke_subaccount':
      return { kind: 'revoke', tokens: call.params.tokens }
    case 'unrevoke_subaccount':
      return { kind: 'unrevoke', tokens: call.params.tokens }
    case 'expire':
      return { kind: 'expire', mode: effectiveChange(call.params), expiries: expiriesOf(call.params, at) }
    case 'expire_all': {
      const { namespace, expiry } = call.params
      return { kind: 'expireAll', namespace, expiry: clampExpiry(expiry, at) }
    }
    default:
      return undefined
  }
}

/** Each hash once: what is asked twice is done twice. No longer than a message can live from `at` on, by any clock. */
function expiriesOf(params: ExpireParams, at: UnixMillis): readonly HashExpiry[] {
  const mode = effectiveChange(params)
  const found = new Map<MessageHash, UnixMillis>()
  for (const [index, hash] of params.messages.entries()) {
    const expiry = clampExpiry(params.expiries.length === 1 ? params.expiries[0]! : params.expiries[index]!, at)
    const before = found.get(hash)
    const isKept =
      before !== undefined && ((mode === 'shorten' && before < expiry) || (mode === 'extend' && before > expiry))
    if (!isKept) found.set(hash, expiry)
  }
  return [...found].map(([hash, expiry]) => ({ hash, expiry }))
}

/** The record of a request that leaves one. @param options.request the encoded `clientRequest` */
export function recordOf(
  crypto: Crypto,
  options: { readonly call: RpcCall; readonly at: UnixMillis; readonly request: Uint8Array },
): ChangeRecord | undefined {
  const { call, at, request } = options
  const change = changeOf(call, at)
  if (change === undefined) return undefined
  const { owner } = call.params as { readonly owner: Owner }
  return { id: deriveRecordId(crypto, at, request), owner, at, expiry: changeExpiry(change.kind, at), request, change }
}

/** The call of an encoded `forwardRequest`, whose last part is a `clientRequest`. */
export function parseForwarded(payload: Uint8Array): RpcCall | undefined {
  return parseClientRequest(payload.subarray(FORWARD_HEAD))
}

/** The call that was encoded as a `clientRequest`; nothing, if there is no such method or its parameters are wrong. */
export function parseClientRequest(request: Uint8Array): RpcCall | undefined {
  try {
    const { method, params } = clientRequest.decode(request)
    const name = parseMethodName(method)
    const parsed = name === undefined ? undefined : decodeForward(methodOf(name), params)
    return parsed?.kind === 'ok' ? ({ method: name, params: parsed.params } as RpcCall) : undefined
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}
