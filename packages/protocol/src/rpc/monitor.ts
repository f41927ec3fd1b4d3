/** `monitor`: subscriptions to what is stored for an owner, asked for on a link. @see docs/protocol/link.md §3 */
import { days, type UnixMillis } from '../brand.ts'
import { toHex } from '../bytes/hex.ts'
import { utf8 } from '../bytes/utf8.ts'
import { type BencodeDict, bencodeDict, decodeBencode, encodeBencode, isBencodeDict } from '../codec/bencode.ts'
import { CodecError } from '../codec/codec.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Ed25519PublicKey, Signature } from '../crypto/keys.ts'
import { AuthenticationError } from '../errors.ts'
import { encodeAccountId, type Owner, ownerBytes, parseOwner } from '../identity/account-id.ts'
import { type Authentication, type RequestProof, type Signer, verifyRequest } from './authentication.ts'
import { LIMITS } from './limits.ts'
import { type Namespace, namespaceRules, parseNamespace } from './namespace.ts'
import { parseSubaccountToken, SUBACCOUNT_FLAGS, type SubaccountToken } from './subaccount.ts'

export type MonitorParams = {
  readonly owner: Owner
  /** 1…100, ascending. */
  readonly namespaces: readonly Namespace[]
  /** Whether pushes carry the data of messages. */
  readonly withData: boolean
  /** Unix seconds, unlike all other times: when the signature was made. */
  readonly timestampSeconds: number
  readonly auth: Authentication
}

/** Why there is no subscription, or none any more. 1…6 are those of the compatible protocol. */
export const MONITOR_CODES = {
  arguments: 1,
  publicKey: 2,
  namespaces: 3,
  timestamp: 4,
  /** It does not hold, or what gave the right was revoked. */
  signature: 5,
  /** The account's messages are kept by other nodes. */
  wrongSwarm: 6,
  /** A bound of the node is reached. */
  tooMany: 7,
  /** More came than the link took. */
  tooSlow: 8,
} as const
export type MonitorCode = (typeof MONITOR_CODES)[keyof typeof MONITOR_CODES]

export type MonitorRefusal = { readonly kind: 'refused'; readonly code: MonitorCode; readonly error: string }

export type MonitorRequest = {
  /** Answered with a list. */
  readonly isList: boolean
  readonly items: readonly (({ readonly kind: 'subscribe' } & MonitorParams) | MonitorRefusal)[]
}

/** Of one request, each with up to two signatures to verify: as many as requests in a batch. */
export const MAX_MONITOR_ITEMS = LIMITS.batchSize
const MAX_NAMESPACES = 100
const MAX_REQUEST_BYTES = 131_072
const MAX_AGE = days(14)
const MAX_AHEAD = days(1)

/** What a request asks for. Throws nothing for what is in `payload`. Converts one public key for each account. */
export function parseMonitorRequest(crypto: Crypto, payload: Uint8Array): MonitorRequest {
  let value: unknown
  try {
    value = decodeBencode(payload, { maxDepth: 3, maxBytes: MAX_REQUEST_BYTES })
  } catch (error) {
    if (!(error instanceof CodecError)) throw error
    return { isList: false, items: [monitorRefusal('arguments', 'not bt-encoded')] }
  }
  if (isBencodeDict(value)) return { isList: false, items: [parseItem(crypto, value)] }
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_MONITOR_ITEMS || !value.every(isBencodeDict)) {
    return {
      isList: false,
      items: [monitorRefusal('arguments', `neither a dict nor a list of 1 to ${MAX_MONITOR_ITEMS}`)],
    }
  }
  return { isList: true, items: value.map((item) => parseItem(crypto, item as BencodeDict)) }
}

/** The bytes of a request for one subscription or several, at most 20. */
export function encodeMonitorRequest(subscriptions: MonitorParams | readonly MonitorParams[]): Uint8Array {
  const isList = Array.isArray as (value: unknown) => value is readonly MonitorParams[]
  return encodeBencode(isList(subscriptions) ? subscriptions.map(writeItem) : writeItem(subscriptions))
}

/** A subscription with its signature. The namespaces may come in any order. */
export function signMonitor(
  { namespaces, ...asked }: Omit<MonitorParams, 'auth'>,
  { signingKey, subaccount, sign }: Signer,
): MonitorParams {
  const params = { ...asked, namespaces: [...new Set(namespaces)].sort((a, b) => a - b) }
  return { ...params, auth: { signingKey, subaccount, signature: sign(signedBytes(params)) } }
}

/**
 * Why there is no subscription: its signature must have been made in the last 14 days or at most a day ahead, and must
 * hold. Up to two Ed25519 verifications.
 */
export function authoriseMonitor(
  params: MonitorParams,
  {
    crypto,
    now,
    isRevoked,
  }: {
    readonly crypto: Crypto
    readonly now: UnixMillis
    readonly isRevoked: (owner: Owner, token: SubaccountToken) => boolean
  },
): MonitorRefusal | undefined {
  const time = params.timestampSeconds * 1000
  if (time < now - MAX_AGE || time > now + MAX_AHEAD) return monitorRefusal('timestamp', 'timestamp out of range')
  if (verifyRequest(crypto, monitorProof(params), isRevoked)) return undefined
  return monitorRefusal('signature', 'signature verification failed')
}

/** Whether a subaccount may go on reading all of them after it was revoked. */
export function outlivesRevocation(namespaces: Iterable<Namespace>): boolean {
  for (const namespace of namespaces) if (!namespaceRules(namespace).revokedMayRetrieve) return false
  return true
}

/** What the signature of a subscription has to prove. */
function monitorProof(params: MonitorParams): RequestProof {
  const { owner, auth, namespaces } = params
  const ignoreRevocation = outlivesRevocation(namespaces)
  return { owner, auth, signed: signedBytes(params), flags: SUBACCOUNT_FLAGS.read, ignoreRevocation }
}

export function monitorRefusal(name: keyof typeof MONITOR_CODES, error: string): MonitorRefusal {
  return { kind: 'refused', code: MONITOR_CODES[name], error }
}

function signedBytes({ owner, timestampSeconds, withData, namespaces }: Omit<MonitorParams, 'auth'>): Uint8Array {
  return utf8(`MONITOR${owner}${timestampSeconds}${withData ? 1 : 0}${namespaces.join(',')}`)
}

function writeItem({ owner, namespaces, withData, timestampSeconds, auth }: MonitorParams) {
  return bencodeDict({
    P: auth.signingKey,
    S: auth.subaccount?.signature,
    T: auth.subaccount?.token,
    d: withData ? 1 : 0,
    n: namespaces,
    p: auth.signingKey === undefined ? ownerBytes(owner) : undefined,
    s: auth.signature,
    t: timestampSeconds,
  })
}

function parseItem(crypto: Crypto, item: BencodeDict): MonitorRequest['items'][number] {
  const who = parseOwnerKeys(crypto, item)
  if (who === undefined) return monitorRefusal('publicKey', 'one public key wanted: P of 32 bytes or p of 33')
  const namespaces = parseNamespaces(item.get('n'))
  if (namespaces === undefined)
    return monitorRefusal('namespaces', `n must be 1 to ${MAX_NAMESPACES} ascending namespaces`)
  const timestampSeconds = item.get('t')
  const withData = item.get('d') ?? 0
  const signature = sized<Signature>(item.get('s'), 64)
  const subaccount = parseSubaccount(item)
  if (typeof timestampSeconds !== 'number' || timestampSeconds < 0)
    return monitorRefusal('arguments', 't must be a time in seconds')
  if (withData !== 0 && withData !== 1) return monitorRefusal('arguments', 'd must be 0 or 1')
  if (signature === undefined) return monitorRefusal('arguments', 's must be a signature of 64 bytes')
  if (subaccount === 'malformed') return monitorRefusal('arguments', 'S of 64 and T of 36 bytes go together')
  const auth = { signature, signingKey: who.signingKey, subaccount }
  return { kind: 'subscribe', owner: who.owner, namespaces, withData: withData === 1, timestampSeconds, auth }
}

function parseOwnerKeys(
  crypto: Crypto,
  item: BencodeDict,
): { owner: Owner; signingKey: Ed25519PublicKey | undefined } | undefined {
  const given = item.get('P')
  if (given === undefined) {
    const bytes = sized(item.get('p'), 33)
    return bytes && { owner: parseOwner(toHex(bytes)), signingKey: undefined }
  }
  const signingKey = sized<Ed25519PublicKey>(given, 32)
  if (signingKey === undefined || item.has('p')) return undefined
  try {
    return { owner: encodeAccountId(crypto.ed25519ToX25519(signingKey)), signingKey }
  } catch (error) {
    if (error instanceof AuthenticationError) return undefined
    throw error
  }
}

function parseSubaccount(item: BencodeDict): Authentication['subaccount'] | 'malformed' {
  if (!item.has('S') && !item.has('T')) return undefined
  const signature = sized<Signature>(item.get('S'), 64)
  const token = sized(item.get('T'), 36)
  return signature && token ? { token: parseSubaccountToken(token), signature } : 'malformed'
}

function parseNamespaces(value: unknown): readonly Namespace[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_NAMESPACES) return undefined
  let last = -32_769
  for (const namespace of value as readonly unknown[]) {
    if (typeof namespace !== 'number' || namespace <= last || namespace > 32_767) return undefined
    last = namespace
  }
  return value.map((namespace) => parseNamespace(namespace as number))
}

/** A copy: what was parsed shares the memory of a request, and a subscription lasts longer. */
function sized<T extends Uint8Array>(value: unknown, size: number): T | undefined {
  return value instanceof Uint8Array && value.length === size ? (new Uint8Array(value) as T) : undefined
}
