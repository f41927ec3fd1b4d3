/** Configs that are too large for one item of a swarm: cut into parts, collected until all are there. docs/protocol/config.md §4. */
import { days, type UnixMillis, unixMillis } from '../brand.ts'
import { concatBytes, equalBytes, joinBytes } from '../bytes/bytes.ts'
import { decodeLenientBencode, encodeBencode } from '../codec/bencode.ts'
import { CodecError } from '../codec/codec.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { MalformedInputError } from '../errors.ts'
import type { MessageHash } from '../rpc/message-hash.ts'

export const PART_MARK = 0x6d
/** Of a padded config. */
export const MAX_CONFIG_BYTES = 5_000_000
const CHUNK_SIZE = 76_710
const HASH_SIZE = 32
const KEPT_UNFINISHED = days(7)
const KEPT_FINISHED = days(14)
/** Of one object. Only a broken app gets there. */
const MAX_UNFINISHED = 4
const MAX_FINISHED = 100

export type StoredPart = { readonly index: number; readonly hash: MessageHash; readonly chunk: Uint8Array }
/** Parts of one version. */
export type PartSet = {
  /** Of the whole, padded: 32 bytes. */
  readonly hash: Uint8Array
  /** 0: finished, remembered so that parts which come again are known. */
  readonly total: number
  readonly expiry: UnixMillis
  readonly parts: readonly StoredPart[]
}
export type CollectedPart = {
  readonly sets: readonly PartSet[]
  /** Padded, and where its parts are stored: only with the last missing part. */
  readonly whole?: { readonly padded: Uint8Array; readonly hashes: readonly MessageHash[] }
}

/** The plaintexts of the parts, not padded themselves. @throws {MalformedInputError} `config`, over 5,000,000 bytes. */
export function cutConfig(crypto: Crypto, padded: Uint8Array): Uint8Array[] {
  if (padded.length > MAX_CONFIG_BYTES) throw new MalformedInputError('config', `${padded.length} bytes`)
  const hash = crypto.blake2b(HASH_SIZE, padded)
  const total = Math.ceil(padded.length / CHUNK_SIZE)
  return Array.from({ length: total }, (_, i) => {
    const chunk = padded.subarray(i * CHUNK_SIZE, (i + 1) * CHUNK_SIZE)
    return concatBytes(Uint8Array.of(PART_MARK), encodeBencode([hash, Uint8Array.of(i), Uint8Array.of(total), chunk]))
  })
}

/** The hash under which a cut config is remembered after its own push. */
export function finishedSet(crypto: Crypto, padded: Uint8Array, now: UnixMillis): PartSet {
  return { hash: crypto.blake2b(HASH_SIZE, padded), total: 0, expiry: later(now, KEPT_FINISHED), parts: [] }
}

/** With `set` in the place of what is known of the same config. At most 4 unfinished and 100 finished ones: the latest. */
export function withSet(sets: readonly PartSet[], set: PartSet): readonly PartSet[] {
  const all = [...sets.filter(({ hash }) => !equalBytes(hash, set.hash)), set]
  const isFinished = ({ total }: PartSet) => total === 0
  return [
    ...all.filter(isFinished).slice(-MAX_FINISHED),
    ...all.filter((each) => !isFinished(each)).slice(-MAX_UNFINISHED),
  ]
}

/** Sets whose time is not over. */
export function dropExpiredSets(sets: readonly PartSet[], now: UnixMillis): readonly PartSet[] {
  return sets.filter(({ expiry }) => expiry > now)
}

/** Adds one decrypted part, with the mark. `undefined`, if it is none, is not needed, or contradicts the parts before it. */
export function collectPart(
  crypto: Crypto,
  sets: readonly PartSet[],
  part: { plaintext: Uint8Array; hash: MessageHash; now: UnixMillis },
): CollectedPart | undefined {
  const read = readPart(part.plaintext)
  if (read === undefined) return undefined
  const known = sets.find(({ hash }) => equalBytes(hash, read.hash))
  if (known !== undefined && known.total !== read.total) return undefined // also of a finished set
  const stored = { index: read.index, hash: part.hash, chunk: read.chunk }
  const parts = [...(known?.parts ?? []).filter(({ index }) => index !== read.index), stored]
  parts.sort((a, b) => a.index - b.index)
  const { hash, total } = read
  if (parts.reduce((size, { chunk }) => size + chunk.length, 0) > MAX_CONFIG_BYTES) return undefined
  if (parts.length < total) {
    return { sets: withSet(sets, { hash, total, expiry: later(part.now, KEPT_UNFINISHED), parts }) }
  }
  const padded = joinBytes(parts.map(({ chunk }) => chunk))
  const finished = finishedSet(crypto, padded, part.now)
  if (!equalBytes(finished.hash, hash)) return undefined
  return { sets: withSet(sets, finished), whole: { padded, hashes: parts.map((each) => each.hash) } }
}

type ReadPart = { hash: Uint8Array; index: number; total: number; chunk: Uint8Array }

function readPart(plaintext: Uint8Array): ReadPart | undefined {
  try {
    const list = decodeLenientBencode(plaintext.subarray(1)) // the other apps may leave zeros behind the list
    if (!Array.isArray(list) || list.length !== 4 || !list.every((item) => item instanceof Uint8Array)) return undefined
    const [hash, index, total, chunk] = list as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    if (hash.length !== HASH_SIZE || index.length !== 1 || total.length !== 1 || chunk.length === 0) return undefined
    if (total[0]! <= 1 || index[0]! >= total[0]!) return undefined
    return { hash, index: index[0]!, total: total[0]!, chunk }
  } catch (error) {
    if (error instanceof CodecError) return undefined
    throw error
  }
}

function later(now: UnixMillis, span: number): UnixMillis {
  return unixMillis(now + span)
}
