/** Namespaces: parts of an owner's storage, with rules that follow from the number alone. @see docs/protocol/storage-rpc.md §3 */
import type { Brand, Millis } from '../brand.ts'
import { MalformedInputError } from '../errors.ts'
import { LIMITS } from './limits.ts'

/** −32768 … 32767. */
export type Namespace = Brand<number, 'Namespace'>

/** @throws {MalformedInputError} `namespace`, if it is not a 16-bit integer. */
export function parseNamespace(value: number): Namespace {
  if (!Number.isInteger(value) || value < -32768 || value > 32767) throw new MalformedInputError('namespace', 'range')
  return (value === 0 ? 0 : value) as Namespace // −0 would be another key of a Map
}

/** Those in use. A number is never used for something else. */
export const NAMESPACES = {
  messages: parseNamespace(0),
  profile: parseNamespace(2),
  contacts: parseNamespace(3),
  conversationInfo: parseNamespace(4),
  userGroups: parseNamespace(5),
  groupMessages: parseNamespace(11),
  groupKeys: parseNamespace(12),
  groupInfo: parseNamespace(13),
  groupMembers: parseNamespace(14),
  revokedMembers: parseNamespace(-11),
  legacyGroups: parseNamespace(-10),
  /** For tests of clients: what is stored there is always refused, and there is never anything in it. */
  testing: parseNamespace(-3741),
} as const

export type NamespaceRules = {
  /** Anyone may store: a public inbox. */
  readonly storeWithoutAuth: boolean
  /** Anyone may retrieve. */
  readonly retrieveWithoutAuth: boolean
  /** Keeps a single message: storing replaces it. */
  readonly outbox: boolean
  /** A subaccount may retrieve even when it was revoked. */
  readonly revokedMayRetrieve: boolean
  readonly maxTtl: Millis
}

export function namespaceRules(namespace: Namespace): NamespaceRules {
  const storeWithoutAuth = namespace % 10 === 0
  const outbox = namespace < 0 && -namespace % 20 === 1
  return {
    storeWithoutAuth,
    retrieveWithoutAuth: outbox || namespace === NAMESPACES.legacyGroups,
    outbox,
    revokedMayRetrieve: namespace < 0 && -namespace % 100 === 11,
    maxTtl: storeWithoutAuth ? LIMITS.maxPublicTtl : LIMITS.maxPrivateTtl,
  }
}

/** One namespace, or every one of an owner. */
export type NamespaceOrAll = Namespace | 'all'

/** As it stands in signed bytes and message hashes: nothing for namespace 0, else decimal, or the word `all`. */
export function namespaceText(namespace: NamespaceOrAll): string {
  return namespace === NAMESPACES.messages ? '' : String(namespace)
}
