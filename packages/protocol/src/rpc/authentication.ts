/** Who may do what: signatures of requests, made and verified. @see docs/protocol/storage-rpc.md §2 */
import { equalBytes } from '../bytes/bytes.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Ed25519PublicKey, Ed25519SecretKey, Signature } from '../crypto/keys.ts'
import { AuthenticationError } from '../errors.ts'
import { type Owner, ownerBytes } from '../identity/account-id.ts'
import { requestFaults } from './answers.ts'
import { type Fields, refuse, signature, signingKey } from './fields.ts'
import { SUBACCOUNT_FLAGS, type SubaccountToken, subaccountTokenParts } from './subaccount.ts'
import { subaccountToken } from './subaccount-fields.ts'

export type Authentication = {
  readonly signature: Signature
  /** The Ed25519 key of an account whose ID names its X25519 key. */
  readonly signingKey: Ed25519PublicKey | undefined
  readonly subaccount: { readonly token: SubaccountToken; readonly signature: Signature } | undefined
}

/** What a request's signature has to prove. */
export type RequestProof = {
  readonly owner: Owner
  readonly auth: Authentication
  /** The bytes that are signed. */
  readonly signed: Uint8Array
  /** What a subaccount has to be allowed: bits of `SUBACCOUNT_FLAGS`. */
  readonly flags: number
  readonly ignoreRevocation: boolean
}

/** Whoever signs: the owner (with `signingKey` for accounts), or a subaccount with its own key. */
export type Signer = Omit<Authentication, 'signature'> & { readonly sign: (bytes: Uint8Array) => Signature }

const ACCOUNT_PREFIX = 0x05

/** The fields of requests that carry it, in alphabetical order among others. */
export const authFields = {
  pubkey_ed25519: signingKey,
  signature: signature(requestFaults.signature),
  subaccount: subaccountToken,
  subaccount_sig: signature(requestFaults.subaccountSignature),
} as const

/** `undefined` without a signature. @throws {RefusedRequestError} */
export function readAuthentication(owner: Owner, fields: Fields<typeof authFields>): Authentication | undefined {
  const { pubkey_ed25519: key, subaccount: token, subaccount_sig: tokenSignature } = fields
  if (key !== undefined && !owner.startsWith('05')) return refuse(requestFaults.signingKeyPrefix())
  if (token !== undefined && tokenSignature === undefined) return refuse(requestFaults.subaccountNeedsSignature())
  if (fields.signature === undefined) return undefined
  const subaccount = token && tokenSignature && { token, signature: tokenSignature }
  return { signature: fields.signature, signingKey: key, subaccount }
}

export function writeAuthentication(auth: Authentication | undefined): Fields<typeof authFields> {
  return {
    pubkey_ed25519: auth?.signingKey,
    signature: auth?.signature,
    subaccount: auth?.subaccount?.token,
    subaccount_sig: auth?.subaccount?.signature,
  }
}

/** Signs with the key of the owner. `signingKey` goes along for accounts, whose ID names another key. */
export function ownerSigner(
  crypto: Crypto,
  secretKey: Ed25519SecretKey,
  options: { readonly account: boolean },
): Signer {
  return {
    signingKey: options.account ? (secretKey.slice(32) as Ed25519PublicKey) : undefined,
    subaccount: undefined,
    sign: (bytes) => crypto.ed25519Sign(secretKey, bytes),
  }
}

/** Whether a request's signature holds. The reason why not is nobody's business. Up to two Ed25519 verifications. */
export function verifyRequest(
  crypto: Crypto,
  proof: RequestProof,
  isRevoked: (owner: Owner, token: SubaccountToken) => boolean,
): boolean {
  const { owner, auth, signed } = proof
  const ownerKey = signingKeyOf(crypto, owner, auth.signingKey)
  if (ownerKey === undefined) return false
  if (auth.subaccount === undefined) return crypto.ed25519Verify(ownerKey, signed, auth.signature)
  const { token } = auth.subaccount
  const { prefix, flags, key } = subaccountTokenParts(token)
  if (!proof.ignoreRevocation && isRevoked(owner, token)) return false
  if (prefix !== ownerBytes(owner)[0] && (flags & SUBACCOUNT_FLAGS.anyPrefix) === 0) return false
  if ((flags & proof.flags) !== proof.flags) return false
  return (
    crypto.ed25519Verify(ownerKey, token, auth.subaccount.signature) &&
    crypto.ed25519Verify(key, signed, auth.signature)
  )
}

/** The Ed25519 key of an owner: given and checked for accounts, else the 32 bytes of the owner itself. */
function signingKeyOf(crypto: Crypto, owner: Owner, given: Ed25519PublicKey | undefined): Uint8Array | undefined {
  const bytes = ownerBytes(owner)
  const key = bytes[0] === ACCOUNT_PREFIX ? given : undefined
  if (key === undefined) return bytes.subarray(1)
  try {
    return equalBytes(crypto.ed25519ToX25519(key), bytes.subarray(1)) ? key : undefined
  } catch (error) {
    if (error instanceof AuthenticationError) return undefined
    throw error
  }
}
