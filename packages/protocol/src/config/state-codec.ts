/**
 * A config's state as bytes for the local store, and secret as what it holds. It has the form that other apps use, with what
 * only this project remembers under the key that is free for that. docs/protocol/config.md §6.
 */
import { unixMillis } from '../brand.ts'
import { equalBytes } from '../bytes/bytes.ts'
import { fromUtf8 } from '../bytes/utf8.ts'
import {
  type BencodeDict,
  type BencodeInput,
  type BencodeValue,
  bencodeDict,
  decodeBencode,
  encodeBencode,
  isBencodeDict,
} from '../codec/bencode.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { MalformedInputError } from '../errors.ts'
import { type MessageHash, parseMessageHash } from '../rpc/message-hash.ts'
import { type ConfigDict, checkConfigData, prunedDict } from './data.ts'
import { diffData } from './diff.ts'
import { type ConfigDraft, decodeVersion, draftAfter, encodeVersion } from './message.ts'
import type { PartSet, StoredPart } from './multi-part.ts'
import type { ConfigState } from './state.ts'

const HASH_SIZE = 32
const MAX_DEPTH = 48
const MAX_BYTES = 32_000_000
const KINDS = ['clean', 'dirty', 'waiting'] as const

/**
 * Holds everything: a draft goes on where it was. `told`: the data that the rest of the client has acted on, if that is not
 * what the state holds.
 */
export function encodeConfigState(crypto: Crypto, state: ConfigState, told?: ConfigDict): Uint8Array {
  const message = state.kind === 'dirty' ? encodeDraft(state.draft) : encodeVersion(state.version)
  const own = {
    base: state.kind === 'dirty' && !isFirst(state.draft) ? (state.draft.base as BencodeInput) : undefined,
    // What was read can differ in form from what is written.
    hash: state.kind === 'dirty' || isHashOf(crypto, state.version.hash, message) ? undefined : state.version.hash,
    stored: state.kind !== 'clean' && state.stored.size > 0 ? (state.stored as BencodeInput) : undefined,
    told: told as BencodeInput | undefined,
  }
  return encodeBencode(
    bencodeDict({
      '!': KINDS.indexOf(state.kind),
      $: message,
      '(': state.current,
      ')': state.obsolete,
      '*': new Map(state.sets.map((set) => [String.fromCharCode(...set.hash), encodeSet(set)])),
      '+': bencodeDict(own),
    }),
  )
}

/**
 * @throws {CodecError} if it is no bt-encoding.
 * @throws {MalformedInputError} `config`, `message_hash` or `utf8`, if it is anything else than an encoded state.
 */
export function decodeConfigState(crypto: Crypto, bytes: Uint8Array): ConfigState {
  const dict = decodeTop(bytes)
  if (dict.has('version')) return decodeFirstForm(dict)
  const kind = KINDS[asNumber(dict.get('!'))]
  if (kind === undefined) throw new MalformedInputError('config', 'kind of a state')
  const message = asBytes(dict.get('$'))
  const own = asDict(dict.get('+') ?? new Map())
  const hash = own.has('hash') ? asBytes(own.get('hash'), HASH_SIZE) : crypto.blake2b(HASH_SIZE, message)
  const version = decodeVersion(message, hash)
  const shared = {
    current: asHashes(dict.get('(')),
    obsolete: asHashes(dict.get(')')),
    sets: [...asDict(dict.get('*') ?? new Map())].map(([key, set]) => decodeSet(key, asDict(set))),
  }
  if (kind === 'clean') return { kind, version, ...shared }
  const stored = own.has('stored') ? checkConfigData(own.get('stored')) : new Map()
  if (kind === 'waiting') return { kind, version, stored, ...shared }
  const base = own.has('base') ? checkConfigData(own.get('base')) : undefined
  const { seqno, data, lag, unknown } = version
  // A draft of another app does not say what it started from: it goes on in the next version, as there.
  const draft = base || seqno <= 1 ? { seqno, data, base: base ?? new Map(), lag, unknown } : draftAfter(version)
  return { kind, draft, stored, ...shared }
}

/** What `encodeConfigState` was told besides the state. @throws as `decodeConfigState` */
export function decodeToldData(bytes: Uint8Array): ConfigDict | undefined {
  const told = asDict(decodeTop(bytes).get('+') ?? new Map()).get('told')
  return told === undefined ? undefined : checkConfigData(told)
}

function decodeTop(bytes: Uint8Array): BencodeDict {
  return asDict(decodeBencode(Uint8Array.from(bytes), { maxDepth: MAX_DEPTH, maxBytes: MAX_BYTES }))
}

/** The form that this project wrote at first. */
function decodeFirstForm(dict: BencodeDict): ConfigState {
  const kind = (['clean', 'waiting', 'dirty'] as const)[asNumber(dict.get('kind'))]
  if (kind === undefined || dict.get('version') !== 1) throw new MalformedInputError('config', 'version of a state')
  const message = asBytes(dict.get('message'))
  const shared = { current: asHashes(dict.get('current')), obsolete: asHashes(dict.get('obsolete')), sets: [] }
  if (kind === 'dirty') {
    const { seqno, data, lag, unknown } = decodeVersion(message, new Uint8Array())
    const base = checkConfigData(dict.get('base'))
    return { kind, draft: { seqno, data, base, lag, unknown }, stored: base, ...shared }
  }
  const version = decodeVersion(message, asBytes(dict.get('hash'), HASH_SIZE))
  return kind === 'clean' ? { kind, version, ...shared } : { kind, version, stored: version.data, ...shared }
}

function encodeDraft(draft: ConfigDraft): Uint8Array {
  const data = prunedDict(draft.data)
  return encodeVersion({ ...draft, data, diff: diffData(draft.base, data) })
}

/** Nothing was there before. */
function isFirst({ seqno, base }: { readonly seqno: number; readonly base: ConfigDict }): boolean {
  return seqno <= 1 && base.size === 0
}

function isHashOf(crypto: Crypto, hash: Uint8Array, message: Uint8Array): boolean {
  return equalBytes(hash, crypto.blake2b(HASH_SIZE, message))
}

function encodeSet({ total, expiry, parts }: PartSet): BencodeInput {
  const rows = parts.map(({ index, hash, chunk }) => bencodeDict({ '#': index, M: hash, d: chunk }))
  return bencodeDict({ '#': total, T: expiry, p: rows.length > 0 ? rows : undefined })
}

function decodeSet(key: string, dict: BencodeDict): PartSet {
  const hash = Uint8Array.from(key, (character) => character.charCodeAt(0))
  return {
    hash: asBytes(hash, HASH_SIZE),
    total: asNumber(dict.get('#')),
    expiry: unixMillis(asNumber(dict.get('T'))),
    parts: asList(dict.get('p') ?? []).map((part) => decodePart(asDict(part))),
  }
}

function decodePart(dict: BencodeDict): StoredPart {
  const [hash] = asHashes([dict.get('M') ?? []])
  return { index: asNumber(dict.get('#')), hash: hash!, chunk: asBytes(dict.get('d')) }
}

function asDict(value: BencodeValue | undefined): BencodeDict {
  if (!isBencodeDict(value)) throw new MalformedInputError('config', 'no dict')
  return value
}

function asList(value: BencodeValue | undefined): readonly BencodeValue[] {
  if (!Array.isArray(value)) throw new MalformedInputError('config', 'no list')
  return value as readonly BencodeValue[]
}

function asNumber(value: BencodeValue | undefined): number {
  if (typeof value !== 'number') throw new MalformedInputError('config', 'no number')
  return value
}

function asBytes(value: BencodeValue | undefined, size?: number): Uint8Array {
  if (!(value instanceof Uint8Array) || (size !== undefined && value.length !== size)) {
    throw new MalformedInputError('config', 'no byte string')
  }
  return value
}

/** A list, or one alone: so old apps wrote it. */
function asHashes(value: BencodeValue | undefined): readonly MessageHash[] {
  const list = value instanceof Uint8Array ? (value.length > 0 ? [value] : []) : asList(value)
  return list.map((item) => parseMessageHash(fromUtf8(asBytes(item))))
}
