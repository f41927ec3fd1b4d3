/** From a client's request to the change record that it leaves. */
import {
  CodecError,
  type Crypto,
  clientRequest,
  decodeForward,
  deriveRecordId,
  methodOf,
  type Owner,
  parseMethodName,
  type RpcCall,
  type UnixMillis,
} from '@starling/protocol'
import { type Change, type ChangeRecord, changeExpiry } from './change-record.ts'

/** Version and time. */
const FORWARD_HEAD = 9

/** What a request changes for good; nothing for methods that leave no record. */
export function changeOf(call: RpcCall): Change | undefined {
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
    default:
      return undefined
  }
}

/** The record of a request that leaves one. @param options.request the encoded `clientRequest` */
export function recordOf(
  crypto: Crypto,
  options: { readonly call: RpcCall; readonly at: UnixMillis; readonly request: Uint8Array },
): ChangeRecord | undefined {
  const { call, at, request } = options
  const change = changeOf(call)
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
