/**
 * What authorised a message in a private namespace, kept beside it: so that a member that receives the message later, from
 * another member, can verify it too. A bt dict; empty in public inboxes.
 */
import { type UnixMillis, unixMillis } from '../brand.ts'
import { type BencodeInput, bencodeDict, encodeBencode } from '../codec/bencode.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Owner } from '../identity/account-id.ts'
import { authFields, readAuthentication, verifyRequest, writeAuthentication } from './authentication.ts'
import { RefusedRequestError, readFields, timestamp, writeFields } from './fields.ts'
import { decodeDict } from './method.ts'
import { type StoreParams, storeProof } from './methods/store.ts'
import { type Namespace, namespaceRules } from './namespace.ts'
import type { SubaccountToken } from './subaccount.ts'

const fields = { ...authFields, sig_timestamp: timestamp } as const

export function encodeStoreAuthorisation(params: StoreParams): Uint8Array {
  if (storeProof(params) === undefined) return new Uint8Array(0)
  const values = { ...writeAuthentication(params.auth), sig_timestamp: params.signedAt ?? params.timestamp }
  return encodeBencode(bencodeDict(writeFields(fields, values, 'bt') as Record<string, BencodeInput>))
}

/** Whether the owner, or a subaccount, allowed a store like this at any time. True in public inboxes. */
export function verifyStoreAuthorisation(
  crypto: Crypto,
  message: { readonly owner: Owner; readonly namespace: Namespace; readonly authorisation: Uint8Array },
  isRevoked: (owner: Owner, token: SubaccountToken) => boolean,
): boolean {
  if (namespaceRules(message.namespace).storeWithoutAuth) return true
  const parsed = parseAuthorisation(message)
  const proof = parsed && storeProof({ ...message, ...parsed })
  return proof !== undefined && verifyRequest(crypto, proof, isRevoked)
}

/** The time that the signature covers; `undefined` if there is none. */
export function storeAuthorisationTime(message: {
  readonly owner: Owner
  readonly authorisation: Uint8Array
}): UnixMillis | undefined {
  return parseAuthorisation(message)?.signedAt
}

function parseAuthorisation(message: { readonly owner: Owner; readonly authorisation: Uint8Array }) {
  const dict = decodeDict(message.authorisation)
  if (dict === undefined) return undefined
  try {
    const values = readFields(fields, dict, 'bt')
    const time: UnixMillis = values.sig_timestamp ?? unixMillis(0)
    return { auth: readAuthentication(message.owner, values), timestamp: time, signedAt: time }
  } catch (error) {
    if (error instanceof RefusedRequestError) return undefined
    throw error
  }
}
