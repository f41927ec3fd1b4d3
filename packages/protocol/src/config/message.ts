/**
 * One version of a config: its data, what it changed, and what its last ancestors changed. docs/protocol/config.md §2.
 *
 * Versions are immutable. A draft is a version that is not closed yet: its diff, and so its bytes and hash, follow from the
 * data that it started from.
 */
import { compareBytes } from '../bytes/bytes.ts'
import { fromHex } from '../bytes/hex.ts'
import {
  type BencodeDict,
  type BencodeInput,
  type BencodeValue,
  decodeLenientBencode,
  encodeBencode,
  isBencodeDict,
} from '../codec/bencode.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { MalformedInputError } from '../errors.ts'
import { type ConfigDict, checkConfigData, prunedDict } from './data.ts'
import { type ConfigDiff, diffData, parseDiff } from './diff.ts'

/** What names and orders versions: the counter, then the hash of the plaintext (32 bytes; not the message hash of a swarm). */
export type VersionId = { readonly seqno: number; readonly hash: Uint8Array }
/** What one ancestor changed. */
export type LagRow = VersionId & { readonly diff: ConfigDiff }

export type ConfigVersion = VersionId & {
  readonly data: ConfigDict
  readonly diff: ConfigDiff
  /** Ascending; rows of the last four seqnos before the own one. */
  readonly lag: readonly LagRow[]
  /** Top-level entries that this version does not know. */
  readonly unknown: BencodeDict
}

export type ConfigDraft = {
  readonly seqno: number
  readonly data: ConfigDict
  /** What the diff is taken against. */
  readonly base: ConfigDict
  readonly lag: readonly LagRow[]
  readonly unknown: BencodeDict
}

/** Versions this far behind the newest one are out of reach of a merge. */
export const LAG = 5
const HASH_SIZE = 32
const SIGNATURE_SIZE = 64
/** Data and what is around it. */
const MAX_DEPTH = 40
/** Far from where counting up by one stops to work. */
const MAX_SEQNO = 2 ** 52

/** The common root of all configs: nobody stores it. */
export const ROOT_VERSION: ConfigVersion = {
  seqno: 0,
  hash: fromHex('ea173b57beca8af18c3519a7bbf69c3e7a05d1c049fa9558341d8ebb48b0c965'),
  data: new Map(),
  diff: new Map(),
  lag: [],
  unknown: new Map(),
}

/** Reads a plaintext. Byte strings share its memory. @throws {MalformedInputError | CodecError} as `decodeVersion`. */
export function readVersion(crypto: Crypto, plaintext: Uint8Array): ConfigVersion {
  return decodeVersion(plaintext, crypto.blake2b(HASH_SIZE, plaintext))
}

/**
 * As `readVersion`, for a hash that is known.
 *
 * @throws {CodecError} if it is no bt-encoding.
 * @throws {MalformedInputError} `config`, if it breaks a rule of docs/protocol/config.md §2.
 */
export function decodeVersion(plaintext: Uint8Array, hash: Uint8Array): ConfigVersion {
  const top = decodeLenientBencode(plaintext, { maxDepth: MAX_DEPTH })
  if (!isBencodeDict(top)) throw new MalformedInputError('config', 'no dict')
  const keys = [...top.keys()]
  if (keys[0] !== '#') throw new MalformedInputError('config', 'the counter is not first')
  const seqno = parseSeqno(top.get('#'))
  checkSignatureForm(top, keys)
  const unknown = new Map(top)
  for (const key of ['#', '&', '<', '=', '~']) unknown.delete(key)
  return {
    seqno,
    hash,
    data: checkConfigData(top.get('&')),
    lag: parseLag(optional(top, '<', keys) ?? [], seqno),
    diff: parseDiff(optional(top, '=', keys) ?? new Map()),
    unknown,
  }
}

/** The plaintext of a version. That of a version that was read can differ in form from what was read, not in meaning. */
export function encodeVersion(version: Omit<ConfigVersion, 'hash'>): Uint8Array {
  const rows = lagWithin(version.lag, version.seqno)
  const top = new Map<string, BencodeInput>(version.unknown as ReadonlyMap<string, BencodeInput>)
  top.set('#', version.seqno)
  top.set('&', version.data as BencodeInput)
  top.set(
    '<',
    rows.map((row) => [row.seqno, row.hash, row.diff as BencodeInput]),
  )
  top.set('=', version.diff as BencodeInput)
  return encodeBencode(top)
}

/** The next version, open for edits; nothing is edited yet. */
export function draftAfter(version: ConfigVersion): ConfigDraft {
  const { seqno, hash, diff, data, unknown } = version
  const lag = [...version.lag, { seqno, hash, diff }].sort(compareVersions)
  return { seqno: seqno + 1, data, base: data, lag, unknown }
}

/** Closes a draft. */
export function closeDraft(crypto: Crypto, draft: ConfigDraft): ConfigVersion {
  const data = prunedDict(draft.data)
  const { seqno, unknown } = draft
  const version = { seqno, data, diff: diffData(draft.base, data), lag: lagWithin(draft.lag, seqno), unknown }
  return { ...version, hash: crypto.blake2b(HASH_SIZE, encodeVersion(version)) }
}

/** By counter, then by hash. */
export function compareVersions(a: VersionId, b: VersionId): number {
  return a.seqno - b.seqno || compareBytes(a.hash, b.hash)
}

/** What a version of this counter carries. */
function lagWithin(lag: readonly LagRow[], own: number): readonly LagRow[] {
  return lag.filter(({ seqno }) => seqno > own - LAG && seqno < own)
}

function parseSeqno(value: BencodeValue | undefined): number {
  if (typeof value !== 'number' || Math.abs(value) > MAX_SEQNO) throw new MalformedInputError('config', 'counter')
  return value
}

/** Signatures belong to groups: here only the form counts, and rewriting drops them. */
function checkSignatureForm(top: BencodeDict, keys: readonly string[]): void {
  const signature = top.get('~')
  if (signature === undefined) return
  if (!(signature instanceof Uint8Array) || signature.length !== SIGNATURE_SIZE) {
    throw new MalformedInputError('config', 'signature')
  }
  if (keys.at(-1) !== '~') throw new MalformedInputError('config', 'something behind the signature')
}

/** Missing is allowed only where a later key shows that the dict was not cut off: so do the other apps. */
function optional(top: BencodeDict, key: string, keys: readonly string[]): BencodeValue | undefined {
  const value = top.get(key)
  if (value === undefined && keys.at(-1)! < key) throw new MalformedInputError('config', `${key} is missing`)
  return value
}

function parseLag(value: BencodeValue, own: number): LagRow[] {
  if (!Array.isArray(value)) throw new MalformedInputError('config', 'lag is no list')
  const rows: LagRow[] = []
  for (const item of value as readonly BencodeValue[]) {
    const row = parseLagRow(item, own)
    if (row === undefined) continue
    const last = rows.at(-1)
    if (last !== undefined && compareVersions(last, row) >= 0)
      throw new MalformedInputError('config', 'order of the lag')
    rows.push(row)
  }
  return rows
}

/** `undefined`, if it is too old: then nobody looks at its contents. */
function parseLagRow(item: BencodeValue, own: number): LagRow | undefined {
  if (!Array.isArray(item)) throw new MalformedInputError('config', 'a row of the lag is no list')
  const [first, hash, diff, ...more] = item as readonly BencodeValue[]
  const seqno = parseSeqno(first)
  if (seqno >= own) throw new MalformedInputError('config', 'counter of a row of the lag')
  if (seqno <= own - LAG) return undefined
  if (!(hash instanceof Uint8Array) || hash.length !== HASH_SIZE || more.length > 0) {
    throw new MalformedInputError('config', 'row of the lag')
  }
  return { seqno, hash, diff: parseDiff(diff) }
}
