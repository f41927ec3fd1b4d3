/**
 * Fields of requests and answers, declared once for both encodings: JSON, where bytes are base64 or hex, and bt-encoding,
 * where they are raw.
 */
import type { Millis, UnixMillis } from '../brand.ts'
import { fromBase64, toBase64 } from '../bytes/base64.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { fromUtf8 } from '../bytes/utf8.ts'
import { isJsonObject, type JsonObject } from '../codec/json.ts'
import type { Ed25519PublicKey, Signature } from '../crypto/keys.ts'
import { MalformedInputError, MessengerError } from '../errors.ts'
import { type Owner, ownerBytes, parseOwner } from '../identity/account-id.ts'
import type { TextAnswer } from '../onion/answers.ts'
import { requestFaults, rpcAnswers } from './answers.ts'
import { LIMITS } from './limits.ts'
import { isMessageHash, type MessageHash } from './message-hash.ts'
import { type Namespace, type NamespaceOrAll, parseNamespace } from './namespace.ts'

export type Encoding = 'json' | 'bt'
/** A JSON object, or a bt dict whose byte strings are `Uint8Array`. */
export type FieldSource = JsonObject | ReadonlyMap<string, unknown>

/** `read` never sees `null` or an absent value; `undefined` means that the value counts as absent. */
export interface FieldKind<T> {
  /** @throws {RefusedRequestError} */
  read(value: unknown, name: string, encoding: Encoding): T | undefined
  write(value: T, encoding: Encoding): unknown
}

/** Names in alphabetical order: the first wrong one is what the answer names. */
export type FieldSet = Readonly<Record<string, FieldKind<unknown>>>
export type Fields<Set extends FieldSet> = {
  readonly [Name in keyof Set]: Set[Name] extends FieldKind<infer T> ? T | undefined : never
}

/** A request that is not carried out, with the answer that says so. The message does not repeat what came from outside. */
export class RefusedRequestError extends MessengerError {
  override readonly name = 'RefusedRequestError'
  readonly fault = 'input'
  readonly code = 'rpc_request'
  readonly answer: TextAnswer
  constructor(answer: TextAnswer) {
    super(`request refused with ${answer.status}`)
    this.answer = answer
  }
}

export function refuse(detail: string): never {
  throw new RefusedRequestError(rpcAnswers.invalidRequest(detail))
}

/** `null` counts as absent, names that are not in `set` are ignored. @throws {RefusedRequestError} */
export function readFields<Set extends FieldSet>(set: Set, source: FieldSource, encoding: Encoding): Fields<Set> {
  const values: Record<string, unknown> = {}
  for (const [name, kind] of Object.entries(set)) {
    const value = valueIn(source, name)
    values[name] = value === undefined ? undefined : kind.read(value, name, encoding)
  }
  return values as Fields<Set>
}

/** The fields that are not `undefined`, as values of JSON or for the bt encoder. */
export function writeFields<Set extends FieldSet>(
  set: Set,
  values: Fields<Set>,
  encoding: Encoding,
): Record<string, unknown> {
  const written: Record<string, unknown> = {}
  for (const [name, kind] of Object.entries(set)) {
    const value = values[name]
    if (value !== undefined) written[name] = kind.write(value, encoding)
  }
  return written
}

/** @throws {RefusedRequestError} */
export function required<T>(value: T | undefined, name: string): T {
  return value ?? refuse(requestFaults.missing(name))
}

const plain = (value: unknown) => value

export const integer: FieldKind<number> = {
  read: (value, name) =>
    Number.isSafeInteger(value) ? (value as number) : refuse(requestFaults.type(name, 'integer')),
  write: plain,
}

/** A number that is not negative, also as decimal text. */
export const looseCount: FieldKind<number> = {
  read(value, name) {
    if (typeof value === 'string') {
      const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN
      return Number.isSafeInteger(number) ? number : refuse(requestFaults.value(name, JSON.stringify(value)))
    }
    return isCount(value) ? value : refuse(requestFaults.type(name, 'positive integer'))
  },
  write: plain,
}

/** Milliseconds since the epoch. */
export const timestamp: FieldKind<UnixMillis> = {
  read(value, name) {
    if (!isCount(value)) return refuse(requestFaults.type(name, 'integer timestamp (in milliseconds)'))
    return value < LIMITS.minTimestamp ? refuse(requestFaults.seconds(name)) : (value as UnixMillis)
  },
  write: plain,
}

/** One timestamp or several; a list of one is written as the one. */
export const timestamps: FieldKind<readonly UnixMillis[]> = {
  read(value, name, encoding) {
    const list = Array.isArray(value) ? (value as readonly unknown[]) : [value]
    if (list.length > LIMITS.hashesPerRequest) return refuse(requestFaults.tooManyHashes())
    return list.map((item) => timestamp.read(item, name, encoding)!)
  },
  write: (value) => (value.length === 1 ? value[0] : value),
}

/** How long to hold an answer. */
export const wait: FieldKind<Millis> = {
  read(value, name) {
    if (!isCount(value)) return refuse(requestFaults.type(name, 'positive integer'))
    return value > LIMITS.maxWait ? refuse(requestFaults.range(name)) : (value as Millis)
  },
  write: plain,
}

export const namespace: FieldKind<Namespace> = {
  read(value, name) {
    if (typeof value !== 'number' || !Number.isInteger(value)) return refuse(requestFaults.type(name, '16-bit integer'))
    return value < -32768 || value > 32767 ? refuse(requestFaults.range(name)) : parseNamespace(value)
  },
  write: plain,
}

/** One namespace, or the word `all`. */
export const namespaceOrAll: FieldKind<NamespaceOrAll> = {
  read(value, name, encoding) {
    if (typeof value === 'number' && Number.isInteger(value)) return namespace.read(value, name, encoding)
    return textOf(value, encoding) === 'all' ? 'all' : refuse(requestFaults.type(name, 'integer or "all"'))
  },
  write: plain,
}

/** A list, or a single one without a list around it; an empty one counts as absent. */
export const integers: FieldKind<readonly number[]> = {
  read(value, name) {
    const list = Array.isArray(value) ? (value as readonly unknown[]) : [value]
    if (!list.every((item) => Number.isSafeInteger(item))) return refuse(requestFaults.type(name, 'integer array'))
    return list.length === 0 ? undefined : (list as readonly number[])
  },
  write: plain,
}

/** bt-encoding has no booleans: 0 and 1 there. */
export const boolean: FieldKind<boolean> = {
  read(value, name, encoding) {
    if (encoding === 'bt' && typeof value === 'number') return value !== 0
    return typeof value === 'boolean' ? value : refuse(requestFaults.type(name, 'boolean'))
  },
  write: (value, encoding) => (encoding === 'bt' ? Number(value) : value),
}

/** Of an answer: what members said stands there as 0 or 1, also in JSON. */
export const flag: FieldKind<boolean> = {
  read: (value, name) => boolean.read(value, name, typeof value === 'number' ? 'bt' : 'json'),
  write: boolean.write,
}

export const string: FieldKind<string> = {
  read: (value, name, encoding) => textOf(value, encoding) ?? refuse(requestFaults.type(name, 'string')),
  write: plain,
}

export function owner(fault: () => string): FieldKind<Owner> {
  return {
    read(value, name, encoding) {
      const text =
        value instanceof Uint8Array && value.length === 33 ? toHex(value) : string.read(value, name, encoding)!
      try {
        return parseOwner(text)
      } catch (error) {
        if (error instanceof MalformedInputError) return refuse(fault())
        throw error
      }
    },
    write: (value, encoding) => (encoding === 'bt' ? ownerBytes(value) : value),
  }
}

export const signingKey: FieldKind<Ed25519PublicKey> = {
  read(value, name, encoding) {
    if (value instanceof Uint8Array && value.length === 32) return value as Ed25519PublicKey
    const text = string.read(value, name, encoding)!
    if (!/^[0-9a-fA-F]{64}$/.test(text)) return refuse(requestFaults.signingKey())
    return fromHex(text) as Ed25519PublicKey
  },
  write: (value, encoding) => (encoding === 'bt' ? value : toHex(value)),
}

export function signature(fault: () => string): FieldKind<Signature> {
  return {
    read(value, name, encoding) {
      if (encoding === 'bt' && value instanceof Uint8Array) {
        return value.length === 64 ? (value as Signature) : refuse(fault())
      }
      const text = string.read(value, name, encoding)!
      if (!/^[A-Za-z0-9+/]{86}(==)?$/.test(text)) return refuse(fault())
      return fromBase64(text) as Signature
    },
    write: bytesOrBase64,
  }
}

/** The data of a message. Shares the memory of a bt request. */
export const data: FieldKind<Uint8Array> = {
  read(value, name, encoding) {
    if (encoding === 'bt' && value instanceof Uint8Array) return bounded(value)
    const text = string.read(value, name, encoding)!
    if (text.length > Math.ceil(LIMITS.messageBytes / 3) * 4) return refuse(requestFaults.dataTooLong())
    try {
      return bounded(fromBase64(text))
    } catch (error) {
      if (error instanceof MalformedInputError) return refuse(requestFaults.dataNotBase64())
      throw error
    }
  },
  write: bytesOrBase64,
}

/** An empty one counts as absent. */
export const lastHash: FieldKind<MessageHash> = {
  read(value, name, encoding) {
    const text = string.read(value, name, encoding)!
    if (text === '') return undefined
    if (isMessageHash(text)) return text
    return refuse(text.length === 43 ? requestFaults.lastHashNotBase64() : requestFaults.lastHashLength())
  },
  write: plain,
}

export const hash: FieldKind<MessageHash> = {
  read(value, name, encoding) {
    const text = string.read(value, name, encoding)!
    return isMessageHash(text) ? text : refuse(requestFaults.hash(text))
  },
  write: plain,
}

/** A list, or a single one without a list around it. */
export const strings: FieldKind<readonly string[]> = {
  read(value, name, encoding) {
    const list = Array.isArray(value) ? (value as readonly unknown[]) : [value]
    if (list.length > LIMITS.hashesPerRequest) return refuse(requestFaults.tooManyHashes())
    return list.map((item) => textOf(item, encoding) ?? refuse(requestFaults.type(name, 'string array')))
  },
  write: plain,
}

export const hashes: FieldKind<readonly MessageHash[]> = {
  read: (value, name, encoding) =>
    strings.read(value, name, encoding)!.map((text) => (isMessageHash(text) ? text : refuse(requestFaults.hash(text)))),
  write: plain,
}

/** Raw in bt-encoding. */
export function bytesOrBase64(value: Uint8Array, encoding: Encoding): unknown {
  return encoding === 'bt' ? value : toBase64(value)
}

function bounded(bytes: Uint8Array): Uint8Array {
  return bytes.length > LIMITS.messageBytes ? refuse(requestFaults.dataTooLong()) : bytes
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** Text of either encoding: in bt-encoding UTF-8, as which it is written. */
export function textOf(value: unknown, encoding: Encoding): string | undefined {
  if (typeof value === 'string') return value
  if (encoding !== 'bt' || !(value instanceof Uint8Array)) return undefined
  try {
    return fromUtf8(value)
  } catch (error) {
    if (error instanceof MalformedInputError) return undefined
    throw error
  }
}

function ownValue(source: JsonObject, name: string): unknown {
  return Object.hasOwn(source, name) ? source[name] : undefined
}

/** Something with fields: a JSON object, or a bt dict. */
export function isFieldSource(value: unknown): value is FieldSource {
  return value instanceof Map || (isJsonObject(value) && !(value instanceof Uint8Array))
}

/** What `source` has by that name; `null` counts as absent. */
export function valueIn(source: FieldSource, name: string): unknown {
  return (source instanceof Map ? source.get(name) : ownValue(source as JsonObject, name)) ?? undefined
}
