/** What a node answers to requests that it does not carry out, word for word: third-party clients match some of it. */
import type { TextAnswer } from '../onion/answers.ts'
import { LIMITS } from './limits.ts'
import type { Namespace } from './namespace.ts'

export type { TextAnswer } from '../onion/answers.ts'

const answer = (status: number, body: string): TextAnswer => ({ status, body })

/** @see docs/protocol/storage-rpc.md §1 */
export const rpcAnswers = {
  notReady: (reasons: readonly string[]) => answer(503, `Service node is not ready: ${reasons.join('; ')}\n`),
  invalidContentLength: () => answer(400, 'invalid Content-Length'),
  bodyTooLarge: () => answer(413, 'Request body too large'),
  tooManyRequests: () => answer(429, 'Too Many Requests\n'),
  longPollingGone: () => answer(410, 'long polling is no longer supported, client upgrade required'),
  busy: () => answer(503, 'Server busy, try again later'),
  notFound: (method: string, path: string) => answer(404, `${method.toLowerCase()} ${path} Not Found`),
  invalidJson: () => answer(400, 'invalid json'),
  noMethodField: () => answer(400, 'invalid json: no `method` field'),
  noParamsField: () => answer(400, 'invalid json: no `params` field'),
  unknownMethod: (name: string) => answer(400, `no method ${excerpt(name)}`),
  invalidRequest: (detail: string) => answer(400, `invalid request: ${detail}`),
  failed: () => answer(500, 'request failed'),
  badExpiry: () => answer(403, 'Provided expiry/TTL is not valid.'),
  clock: () => answer(406, 'Timestamp error: check your clock'),
  storeNeedsSignature: (namespace: Namespace) =>
    answer(401, `store: signature required to store to namespace ${namespace}`),
  testingNamespace: () => answer(403, 'store: nothing can be stored in namespace -3741'),
  answerTooLarge: () => answer(500, 'answer too large'),
  retrieveNeedsSignature: () => answer(401, 'retrieve: request signature required'),
} as const

/** Details of `invalidRequest`. */
export const requestFaults = {
  missing: (name: string) => `Required field '${name}' missing`,
  type: (name: string, type: string) => `Invalid value given for '${name}': expected ${type}`,
  value: (name: string, json: string) => `Invalid value given for '${name}': ${excerpt(json)}`,
  range: (name: string) => `Invalid value given for '${name}': value out of range`,
  both: (a: string, b: string) => `Cannot specify both '${a}' and '${b}'`,
  seconds: (name: string) => `Invalid timestamp for '${name}': timestamp must be in milliseconds`,
  owner: () => 'Pubkey must be 66 hex digits (33 bytes) long',
  ownerOfSwarm: () => 'Pubkey must be 66 hex digits/33 bytes long',
  signingKeyPrefix: () => 'pubkey_ed25519 is only permitted for 05[...] pubkeys',
  signingKey: () => 'Invalid pubkey_ed25519: expected 64 hex char or 32 byte pubkey',
  signature: () => 'invalid signature: expected base64 encoded Ed25519 signature',
  subaccount: () => 'invalid subaccount: expected base64 or hex-encoded subaccount token',
  subaccountSignature: () => 'invalid subaccount signature: expected base64 encoded Ed25519 signature',
  subaccountNeedsSignature: () => 'invalid subaccount: subaccount_sig is required when using subaccount',
  dataNotBase64: () => "Invalid 'data' value: not base64 encoded",
  dataTooLong: () => `Message body exceeds maximum allowed length of ${LIMITS.messageBytes} bytes`,
  expiryEmpty: () => "'expiry' does not contain any expiration timestamps",
  revokedToken: () => 'invalid revoke: expected base64 or hex-encoded subaccount tag',
  revokedTokens: () => `invalid revoke: cannot revoke more than ${LIMITS.revokedTokens} subaccounts at once`,
  unrevokedToken: () => 'invalid unrevoke: expected base64 or hex-encoded subaccount tag',
  unrevokedTokens: () => `invalid unrevoke: cannot unrevoke more than ${LIMITS.unrevokedTokens} subaccounts at once`,
  lastHashNotBase64: () => 'Invalid last_hash: not base64',
  lastHashLength: () => 'Invalid last_hash: expected base64 (43 chars)',
  hash: (value: string) => `invalid message hash: ${excerpt(value)}`,
  noHashes: () => 'messages does not contain any message hashes',
  tooManyHashes: () => 'messages contains too many message hashes',
  expiryCount: () => "'expiry' must be a single expiry, or the same length as 'messages'",
  shortenAndExtend: () => "cannot specify both 'shorten' and 'extend'",
  daemonEndpoint: (name: string) => `Invalid oxend endpoint '${excerpt(name)}'`,
  batchRequests: () => 'Invalid batch request: no valid "requests" field',
  batchSize: () => 'Invalid batch request: subrequest limit exceeded',
  batchObjects: () => 'Invalid batch request: requests must be objects',
  batchKeys: () => 'Invalid batch request: subrequests must have method/params keys',
  batchMethod: (name: string) => `Invalid batch subrequest: invalid method "${excerpt(name)}"`,
  batchNested: () => 'Invalid batch subrequest: subrequests may not contain meta-requests',
  ifelseCondition: () => 'Invalid ifelse request: no valid "if" field',
  ifelseNoCondition: () => 'Invalid ifelse request: must specify at least one "if" condition',
  ifelseObject: (branch: string) => `Invalid ifelse request: ${branch} must be an object`,
  ifelseKeys: (branch: string) => `Invalid ifelse request: ${branch} must have method/params keys`,
  ifelseMethod: (branch: string) => `Invalid ifelse request method "${branch}"`,
  ifelseNothing: () => 'Invalid ifelse request: at least one of "then"/"else" required',
  ifelseTooMuch: () => 'Invalid ifelse request: nested request limit exceeded',
} as const

/** What a client wrote, repeated to it: bounded, so that an answer is not larger than it has to be. */
function excerpt(text: string): string {
  return text.slice(0, 128)
}
