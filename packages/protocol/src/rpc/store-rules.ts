/** Whether a node takes a message, all but the signature itself. @see docs/protocol/storage-rpc.md §7 */
import type { UnixMillis } from '../brand.ts'
import { rpcAnswers, type TextAnswer } from './answers.ts'
import { LIMITS } from './limits.ts'
import { NAMESPACES, type Namespace, namespaceRules } from './namespace.ts'
import { checkSignatureTime } from './time-window.ts'

export type StoreQuestion = {
  readonly namespace: Namespace
  readonly timestamp: UnixMillis
  readonly expiry: UnixMillis
  /** `undefined`: not signed. */
  readonly auth: unknown
  /** The time that is signed, if it is not `timestamp`. */
  readonly signedAt: UnixMillis | undefined
}

export type StoreDecision =
  | { readonly kind: 'ok'; readonly expiry: UnixMillis }
  | { readonly kind: 'refused'; readonly answer: TextAnswer }

/** The checks in the order of the protocol, of which the first that fails is answered. A signature remains to be verified. */
export function decideStore(question: StoreQuestion, now: UnixMillis): StoreDecision {
  const answer = refusal(question, now)
  return answer === undefined ? { kind: 'ok', expiry: question.expiry } : { kind: 'refused', answer }
}

function refusal(question: StoreQuestion, now: UnixMillis): TextAnswer | undefined {
  const { namespace, timestamp, expiry, auth, signedAt = timestamp } = question
  if (namespace === NAMESPACES.testing) return rpcAnswers.testingNamespace()
  const rules = namespaceRules(namespace)
  const ttl = expiry - timestamp
  if (ttl < LIMITS.minTtl || ttl > rules.maxTtl) return rpcAnswers.badExpiry()
  if (timestamp > now + LIMITS.storeTolerance || expiry < now - LIMITS.storeTolerance) return rpcAnswers.clock()
  if (rules.storeWithoutAuth) return undefined
  if (auth === undefined) return rpcAnswers.storeNeedsSignature(namespace)
  return checkSignatureTime('store signature', signedAt, now)
}
