/** Answers of methods that every member of a swarm carries out: an entry for each member. @see docs/protocol/storage-rpc.md §5 */
import { type BencodeInput, bencodeDict, encodeBencode } from '../codec/bencode.ts'
import { isJsonObject, type JsonObject } from '../codec/json.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { Signature } from '../crypto/keys.ts'
import { MalformedInputError } from '../errors.ts'
import { type NodeId, nodeIdBytes, parseNodeId } from '../swarm/node-id.ts'
import { type Encoding, type FieldSet, type Fields, flag, signature, string, writeFields } from './fields.ts'
import { decodeDict, present, readResult } from './method.ts'

export type SwarmEntry<Value> =
  /** What a member says that it did, with its signature; whether that holds is another question. */
  | { readonly kind: 'done'; readonly node: NodeId; readonly value: Value; readonly signature: Signature }
  | { readonly kind: 'failed'; readonly node: NodeId; readonly failure: MemberFailure }

export type MemberFailure =
  | { readonly kind: 'timeout' }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  | { readonly kind: 'badAnswer' }
  /** Its storage failed; without a reason it is full. */
  | { readonly kind: 'storage'; readonly reason: string | undefined }

export type SwarmResult<Value> = { readonly entries: readonly SwarmEntry<Value>[] }

/** What a member's entry holds besides its signature, and what that signature covers. */
export interface EntryRules<Set extends FieldSet, Params, Value> {
  readonly fields: Set
  read(fields: Fields<Set>): Value
  write(value: Value): Fields<Set>
  /** The bytes that a member signs. */
  signed(params: Params, value: Value): Uint8Array
}

const failureFields = {
  bad_peer_response: flag,
  code: string,
  failed: flag,
  query_failure: flag,
  reason: string,
  timeout: flag,
} as const
const signatureField = { signature: signature(() => 'signature') } as const

export function defineEntry<Set extends FieldSet, Params, Value>(
  rules: EntryRules<Set, Params, Value>,
): EntryRules<Set, Params, Value> {
  return rules
}

/** What a member did, signed with its key. */
export function signEntry<Params, Value>(
  rules: EntryRules<FieldSet, Params, Value>,
  { params, value, node, sign }: { params: Params; value: Value; node: NodeId; sign: (bytes: Uint8Array) => Signature },
): SwarmEntry<Value> {
  return { kind: 'done', node, value, signature: sign(rules.signed(params, value)) }
}

/** Whether the member that an entry names signed just this. */
export function verifyEntry<Params, Value>(
  crypto: Crypto,
  rules: EntryRules<FieldSet, Params, Value>,
  params: Params,
  entry: SwarmEntry<Value>,
): boolean {
  if (entry.kind === 'failed') return false
  return crypto.ed25519Verify(nodeIdBytes(entry.node), rules.signed(params, entry.value), entry.signature)
}

/** What a member answers to the member that forwarded a request: a bt dict. */
export function encodeMemberEntry<Value>(
  rules: EntryRules<FieldSet, never, Value>,
  entry: SwarmEntry<Value>,
): Uint8Array {
  return encodeBencode(bencodeDict(writeEntry(rules, entry, 'bt') as Record<string, BencodeInput>))
}

/** The entry in a member's answer; one that cannot be read is an entry that says so. */
export function decodeMemberEntry<Value>(
  rules: EntryRules<FieldSet, never, Value>,
  node: NodeId,
  bytes: Uint8Array,
): SwarmEntry<Value> {
  const dict = decodeDict(bytes)
  try {
    if (dict !== undefined) return readEntry(rules, node, dict, 'bt')
  } catch (error) {
    if (!(error instanceof MalformedInputError)) throw error
  }
  return { kind: 'failed', node, failure: { kind: 'badAnswer' } }
}

/** @throws {MalformedInputError} `rpc_result`; an entry that cannot be read is an entry that says so. */
export function readSwarmResult<Value>(
  rules: EntryRules<FieldSet, never, Value>,
  body: JsonObject,
): SwarmResult<Value> {
  const { swarm } = body
  if (!isJsonObject(swarm)) throw new MalformedInputError('rpc_result', 'no swarm')
  const entries: SwarmEntry<Value>[] = []
  for (const [name, entry] of Object.entries(swarm)) {
    if (!/^[0-9a-f]{64}$/.test(name)) continue // nobody that we could know
    const node = parseNodeId(name)
    try {
      entries.push(readEntry(rules, node, entry, 'json'))
    } catch (error) {
      if (!(error instanceof MalformedInputError)) throw error
      entries.push({ kind: 'failed', node, failure: { kind: 'badAnswer' } })
    }
  }
  return { entries }
}

export function writeSwarmResult<Value>(
  rules: EntryRules<FieldSet, never, Value>,
  result: SwarmResult<Value>,
  encoding: Encoding = 'json',
): JsonObject {
  return { swarm: Object.fromEntries(result.entries.map((entry) => [entry.node, writeEntry(rules, entry, encoding)])) }
}

function writeEntry<Value>(
  rules: EntryRules<FieldSet, never, Value>,
  entry: SwarmEntry<Value>,
  encoding: Encoding,
): JsonObject {
  if (entry.kind === 'failed') return writeFields(failureFields, failureOf(entry.failure), encoding)
  return {
    ...writeFields(rules.fields, rules.write(entry.value), encoding),
    ...writeFields(signatureField, { signature: entry.signature }, encoding),
  }
}

function readEntry<Value>(
  rules: EntryRules<FieldSet, never, Value>,
  node: NodeId,
  source: unknown,
  encoding: Encoding,
): SwarmEntry<Value> {
  const failure = readResult(failureFields, source, encoding)
  if (failure.failed === true) return { kind: 'failed', node, failure: failureFrom(failure) }
  const value = rules.read(readResult(rules.fields, source, encoding))
  return {
    kind: 'done',
    node,
    value,
    signature: present(readResult(signatureField, source, encoding).signature, 'signature'),
  }
}

function failureOf(failure: MemberFailure): Fields<typeof failureFields> {
  const none = {
    bad_peer_response: undefined,
    code: undefined,
    failed: true,
    query_failure: undefined,
    reason: undefined,
    timeout: undefined,
  }
  switch (failure.kind) {
    case 'timeout':
      return { ...none, timeout: true }
    case 'refused':
      return { ...none, code: String(failure.status), reason: failure.reason }
    case 'storage':
      return { ...none, query_failure: true, reason: failure.reason }
    default:
      return { ...none, bad_peer_response: true }
  }
}

function failureFrom(fields: Fields<typeof failureFields>): MemberFailure {
  if (fields.timeout === true) return { kind: 'timeout' }
  if (fields.query_failure === true) return { kind: 'storage', reason: fields.reason }
  if (fields.code !== undefined) return { kind: 'refused', status: Number(fields.code), reason: fields.reason ?? '' }
  return { kind: 'badAnswer' }
}
