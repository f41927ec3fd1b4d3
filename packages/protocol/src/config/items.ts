/** From a plaintext to the items that a swarm stores, and back. docs/protocol/config.md §4. */
import { MAX_STORED_MESSAGE_BYTES } from '../envelope/protobuf.ts'
import { MessengerError } from '../errors.ts'
import type { MessageHash } from '../rpc/message-hash.ts'
import { CIPHER_OVERHEAD, type ConfigKey, openConfig, padConfig, sealConfig, unpadConfig } from './cipher.ts'
import type { ConfigContext, StoredConfig } from './config-object.ts'
import { type ConfigVersion, readVersion } from './message.ts'
import {
  collectPart,
  cutConfig,
  dropExpiredSets,
  finishedSet,
  MAX_CONFIG_BYTES,
  PART_MARK,
  type PartSet,
} from './multi-part.ts'
import { unwrapConfig, wrapConfig } from './wrapping.ts'

const PLAIN_MARK = 0x64
const COMPRESSED_MARK = 0x7a
const SEED_SIZE = 32

/** A version and where it is stored; no hashes, if that is unknown. */
export type FoundVersion = { readonly version: ConfigVersion; readonly hashes: readonly MessageHash[] }
export type ReadItems = {
  readonly found: readonly FoundVersion[]
  readonly sets: readonly PartSet[]
}

/**
 * The items to store for a plaintext: one, wrapped where it fits; else its parts, which count together only.
 *
 * @throws {MalformedInputError} `config`, over 5,000,000 bytes.
 */
export function buildItems(
  context: ConfigContext,
  seqno: number,
  plaintext: Uint8Array,
): { readonly items: readonly Uint8Array[]; readonly finished?: PartSet } {
  const { crypto, now } = context
  const padded = padConfig(plaintext)
  const seal = (bytes: Uint8Array) => withKey(context, (key) => sealConfig(crypto, key, bytes))
  if (padded.length + CIPHER_OVERHEAD > MAX_STORED_MESSAGE_BYTES) {
    return { items: cutConfig(crypto, padded).map(seal), finished: finishedSet(crypto, padded, now) }
  }
  const item = seal(padded)
  const wrapped = wrapConfig(context, seqno, item)
  return { items: [wrapped.length > MAX_STORED_MESSAGE_BYTES ? item : wrapped] }
}

/**
 * Reads what a swarm stores. What cannot be read is left out, and must be left in the swarm: a newer app may have
 * written it. Parts that wait for others go to `sets`.
 */
export function readItems(context: ConfigContext, items: readonly StoredConfig[], sets: readonly PartSet[]): ReadItems {
  const found: FoundVersion[] = []
  let kept = dropExpiredSets(sets, context.now)
  for (const { hash, data } of items) {
    const plaintext = openItem(context, data)
    if (plaintext?.[0] === PART_MARK) {
      const collected = collectPart(context.crypto, kept, { plaintext, hash, now: context.now })
      kept = collected?.sets ?? kept
      const { whole } = collected ?? {}
      if (whole !== undefined) found.push(...readPlaintext(context, unpadConfig(whole.padded), whole.hashes))
    } else if (plaintext !== undefined) found.push(...readPlaintext(context, plaintext, [hash]))
  }
  return { found, sets: kept }
}

function openItem(context: ConfigContext, data: Uint8Array): Uint8Array | undefined {
  if (data.length > MAX_STORED_MESSAGE_BYTES) return undefined
  const item = unwrapConfig(context, data)
  const padded = withKey(context, (key) => openConfig(context.crypto, key, item))
  return padded && unpadConfig(padded)
}

function readPlaintext(context: ConfigContext, stored: Uint8Array, hashes: readonly MessageHash[]): FoundVersion[] {
  const compressed = stored[0] === COMPRESSED_MARK
  const plaintext = compressed ? context.decompress?.(stored.subarray(1), MAX_CONFIG_BYTES) : stored
  if (plaintext?.[0] !== PLAIN_MARK || plaintext.length > MAX_CONFIG_BYTES) return []
  try {
    return [{ version: readVersion(context.crypto, plaintext), hashes }]
  } catch (error) {
    if (error instanceof MessengerError && error.fault === 'input') return []
    throw error
  }
}

/** The account seed is the first half of the signing key: filled up with zeros, as the signing key has it. */
function withKey<Result>({ keys, object }: ConfigContext, fn: (key: ConfigKey) => Result): Result {
  return keys.signing.secretKey.use((secret) => fn({ base: secret.subarray(0, SEED_SIZE), domain: object.domain }))
}
