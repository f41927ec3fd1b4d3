/** What a node says about subscriptions: answers, and what it pushes. All of it is bt-encoded. @see docs/protocol/link.md §3 */
import type { UnixMillis } from '../brand.ts'
import { toHex } from '../bytes/hex.ts'
import { fromUtf8 } from '../bytes/utf8.ts'
import {
  type BencodeDict,
  type BencodeInput,
  bencodeDict,
  decodeBencode,
  encodeBencode,
  isBencodeDict,
} from '../codec/bencode.ts'
import { CodecError } from '../codec/codec.ts'
import type { JsonObject } from '../codec/json.ts'
import { MalformedInputError } from '../errors.ts'
import { type Owner, ownerBytes, parseOwner } from '../identity/account-id.ts'
import { type MessageHash, parseMessageHash } from './message-hash.ts'
import { type GetSwarmResult, getSwarm } from './methods/get-swarm.ts'
import { MONITOR_CODES, type MonitorCode, type MonitorRefusal } from './monitor.ts'
import { type Namespace, parseNamespace } from './namespace.ts'

/** A refusal may say where the account's messages are now. */
export type MonitorOutcome = { readonly kind: 'subscribed' } | (MonitorRefusal & { readonly swarm?: GetSwarmResult })

/** A message that was stored. */
export type MonitorPush = {
  readonly owner: Owner
  readonly hash: MessageHash
  readonly namespace: Namespace
  readonly timestamp: UnixMillis
  readonly expiry: UnixMillis
  /** If it was asked for. Shares the memory of what was decoded. */
  readonly data: Uint8Array | undefined
}

/** There is no subscription to this owner any more. */
export type MonitorEnd = { readonly owner: Owner } & Exclude<MonitorOutcome, { readonly kind: 'subscribed' }>

const MAX_ANSWER_BYTES = 4_194_304
const CODES: ReadonlySet<unknown> = new Set(Object.values(MONITOR_CODES))

/** @param isList as the request was. */
export function encodeMonitorAnswer(outcomes: readonly MonitorOutcome[], isList: boolean): Uint8Array {
  const items = outcomes.map((outcome) =>
    outcome.kind === 'subscribed' ? bencodeDict({ success: 1 }) : bencodeDict(writeRefusal(outcome)),
  )
  return encodeBencode(isList ? items : items[0]!)
}

/** One outcome for each subscription. @throws {MalformedInputError} `rpc_result` */
export function decodeMonitorAnswer(bytes: Uint8Array): readonly MonitorOutcome[] {
  const value = decode(bytes, MAX_ANSWER_BYTES)
  return (Array.isArray(value) ? (value as readonly unknown[]) : [value]).map((item) => {
    if (!isBencodeDict(item)) throw malformed('answer')
    return item.get('success') === 1 ? { kind: 'subscribed' } : readRefusal(item)
  })
}

export function encodeMonitorPush({ owner, hash, namespace, timestamp, expiry, data }: MonitorPush): Uint8Array {
  return encodeBencode(
    bencodeDict({ '@': ownerBytes(owner), h: hash, n: namespace, t: timestamp, z: expiry, '~': data }),
  )
}

/** @throws {MalformedInputError} `rpc_result` */
export function decodeMonitorPush(bytes: Uint8Array): MonitorPush {
  const item = decodeDict(bytes)
  const [hash, namespace, data] = [item.get('h'), item.get('n'), item.get('~')]
  if (!(hash instanceof Uint8Array) || typeof namespace !== 'number') throw malformed('message')
  if (data !== undefined && !(data instanceof Uint8Array)) throw malformed('data')
  return {
    owner: readOwner(item),
    hash: reading(() => parseMessageHash(fromUtf8(hash))),
    namespace: reading(() => parseNamespace(namespace)),
    timestamp: readTime(item.get('t')),
    expiry: readTime(item.get('z')),
    data,
  }
}

export function encodeMonitorEnd({ owner, ...refusal }: MonitorEnd): Uint8Array {
  return encodeBencode(bencodeDict({ '@': ownerBytes(owner), ...writeRefusal(refusal) }))
}

/** @throws {MalformedInputError} `rpc_result` */
export function decodeMonitorEnd(bytes: Uint8Array): MonitorEnd {
  const item = decodeDict(bytes)
  return { owner: readOwner(item), ...readRefusal(item) }
}

type Refused = Omit<MonitorEnd, 'owner'>

function writeRefusal({ code, error, swarm }: Refused): Record<string, BencodeInput> {
  // Texts and whole numbers only: bt-encoding has both.
  const where =
    swarm && (getSwarm.result.write(swarm) as { snodes: readonly Record<string, BencodeInput>[]; swarm: string })
  return { errcode: code, error, ...(where && { snodes: where.snodes.map(bencodeDict), swarm: where.swarm }) }
}

function readRefusal(item: BencodeDict): Refused {
  const [code, error, snodes] = [item.get('errcode'), item.get('error'), item.get('snodes')]
  if (!CODES.has(code) || !(error instanceof Uint8Array)) throw malformed('refusal')
  const refused = { kind: 'refused', code: code as MonitorCode, error: text(error) } as const
  if (snodes === undefined) return refused
  const nodes = Array.isArray(snodes) ? snodes.filter(isBencodeDict).map(jsonOf) : []
  const swarm = item.get('swarm')
  const body = { snodes: nodes, swarm: swarm instanceof Uint8Array ? text(swarm) : undefined }
  return { ...refused, swarm: reading(() => getSwarm.result.read(body)) }
}

/** Byte strings are texts here. */
function jsonOf(dict: BencodeDict): JsonObject {
  return Object.fromEntries([...dict].map(([key, value]) => [key, value instanceof Uint8Array ? text(value) : value]))
}

function readOwner(item: BencodeDict): Owner {
  const bytes = item.get('@')
  if (!(bytes instanceof Uint8Array) || bytes.length !== 33) throw malformed('account')
  return parseOwner(toHex(bytes))
}

function readTime(value: unknown): UnixMillis {
  if (typeof value !== 'number' || value < 0) throw malformed('time')
  return value as UnixMillis
}

function decodeDict(bytes: Uint8Array): BencodeDict {
  const value = decode(bytes, MAX_ANSWER_BYTES)
  if (!isBencodeDict(value)) throw malformed('no dict')
  return value
}

function decode(bytes: Uint8Array, maxBytes: number): unknown {
  try {
    return decodeBencode(bytes, { maxDepth: 4, maxBytes })
  } catch (error) {
    if (error instanceof CodecError) throw malformed(error.code, error)
    throw error
  }
}

function text(bytes: Uint8Array): string {
  return reading(() => fromUtf8(bytes))
}

function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof MalformedInputError) throw malformed(error.code, error)
    throw error
  }
}

function malformed(detail: string, cause?: unknown): MalformedInputError {
  return new MalformedInputError('rpc_result', detail, { cause })
}
