/** A config's state as bytes for the local store; of this project alone, and secret as what it holds. */
import { unixMillis } from '../brand.ts'
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
import { MalformedInputError } from '../errors.ts'
import { type MessageHash, parseMessageHash } from '../rpc/message-hash.ts'
import { checkConfigData } from './data.ts'
import { decodeVersion, encodeVersion } from './message.ts'
import type { PartSet, StoredPart } from './multi-part.ts'
import type { ConfigState } from './state.ts'

const VERSION = 1
const MAX_DEPTH = 48
const MAX_BYTES = 32_000_000
const KINDS = ['clean', 'waiting', 'dirty'] as const

/** Holds everything: a draft goes on where it was. */
export function encodeConfigState(state: ConfigState): Uint8Array {
  const { kind, current, obsolete } = state
  const open = kind === 'dirty' ? { ...state.draft, diff: new Map() } : state.version
  return encodeBencode(
    bencodeDict({
      version: VERSION,
      kind: KINDS.indexOf(kind),
      message: encodeVersion(open),
      hash: kind === 'dirty' ? undefined : state.version.hash,
      base: kind === 'dirty' ? (state.draft.base as BencodeInput) : undefined,
      current,
      obsolete,
      sets: state.sets.map(encodeSet),
    }),
  )
}

/**
 * @throws {CodecError} if it is no bt-encoding.
 * @throws {MalformedInputError} `config`, `message_hash` or `utf8`, if it is anything else than an encoded state.
 */
export function decodeConfigState(bytes: Uint8Array): ConfigState {
  const dict = asDict(decodeBencode(Uint8Array.from(bytes), { maxDepth: MAX_DEPTH, maxBytes: MAX_BYTES }))
  if (dict.get('version') !== VERSION) throw new MalformedInputError('config', 'version of a state')
  const kind = KINDS[asNumber(dict.get('kind'))]
  const message = asBytes(dict.get('message'))
  const shared = {
    current: asList(dict.get('current')).map(asMessageHash),
    obsolete: asList(dict.get('obsolete')).map(asMessageHash),
    sets: asList(dict.get('sets')).map(decodeSet),
  }
  if (kind === undefined) throw new MalformedInputError('config', 'kind of a state')
  if (kind !== 'dirty') return { kind, version: decodeVersion(message, asBytes(dict.get('hash'), 32)), ...shared }
  const { seqno, data, lag, unknown } = decodeVersion(message, new Uint8Array())
  return { kind, draft: { seqno, data, base: checkConfigData(dict.get('base')), lag, unknown }, ...shared }
}

function encodeSet({ hash, total, expiry, parts }: PartSet): BencodeInput {
  const rows = parts.map(({ index, hash: messageHash, chunk }) => [index, messageHash, chunk])
  return bencodeDict({ hash, total, expiry, parts: rows })
}

function decodeSet(value: BencodeValue): PartSet {
  const dict = asDict(value)
  return {
    hash: asBytes(dict.get('hash'), 32),
    total: asNumber(dict.get('total')),
    expiry: unixMillis(asNumber(dict.get('expiry'))),
    parts: asList(dict.get('parts')).map(decodePart),
  }
}

function decodePart(value: BencodeValue): StoredPart {
  const [index, hash, chunk] = asList(value)
  return { index: asNumber(index), hash: asMessageHash(hash), chunk: asBytes(chunk) }
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

function asMessageHash(value: BencodeValue | undefined): MessageHash {
  return parseMessageHash(fromUtf8(asBytes(value)))
}
