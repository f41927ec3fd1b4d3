/** Which directory documents to trust, and which to take in place of which. @see docs/protocol/directory.md §4 */
import { minutes, type UnixMillis } from '../brand.ts'
import { equalBytes } from '../bytes/bytes.ts'
import { CodecError } from '../codec/codec.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { DirectoryError } from './directory-error.ts'
import {
  type DirectoryDocument,
  type DocumentSignature,
  decodeDocument,
  documentSignedBytes,
  encodeUnsigned,
} from './document.ts'
import { type NetworkFile, networkId } from './network-file.ts'

/** How far the start of a document's validity may be ahead of our clock. */
export const DOCUMENT_MAX_SKEW = minutes(10)

/**
 * The document in `encoded`, if it is of this network and enough of its directory keys signed it. Who delivered it does
 * not matter. Signatures that do not verify, of unknown keys or again of the same key do not count and are left out.
 * Says nothing about time: `acceptDocument` does.
 *
 * @throws {DirectoryError} `malformed`, `wrong_network`, `threshold`
 */
export function verifyDocument(crypto: Crypto, network: NetworkFile, encoded: Uint8Array): DirectoryDocument {
  const document = decode(encoded)
  if (!equalBytes(document.networkId, networkId(crypto, network))) throw new DirectoryError('wrong_network', 'ID')
  const message = documentSignedBytes(document)
  const signatures = new Map<number, DocumentSignature>()
  for (const candidate of document.signatures) {
    const key = network.directoryKeys[candidate.keyIndex]
    if (key === undefined || signatures.has(candidate.keyIndex)) continue
    if (crypto.ed25519Verify(key, message, candidate.signature)) signatures.set(candidate.keyIndex, candidate)
  }
  if (signatures.size < network.threshold) {
    throw new DirectoryError('threshold', `${signatures.size} of ${network.threshold} signatures`)
  }
  return { ...document, signatures: [...signatures.values()].sort((a, b) => a.keyIndex - b.keyIndex) }
}

export type Freshness = 'current' | 'stale'

export type Acceptance =
  /** It replaces what we have. A `stale` one may be used, with a warning, until a newer one is found. */
  | { readonly kind: 'accepted'; readonly freshness: Freshness }
  /** It is what we have already. */
  | { readonly kind: 'known'; readonly freshness: Freshness }
  /**
   * We keep what we have. `rollback`: of an earlier epoch. `conflict`: another one of the same epoch, which means that
   * directory keys signed twice. `not_yet_valid`: it starts over ten minutes from now, or our clock is behind.
   */
  | { readonly kind: 'refused'; readonly reason: 'rollback' | 'conflict' | 'not_yet_valid' }

/**
 * Whether to take `next` in place of `current`; both are verified. Who saw an epoch never goes back, also not when the
 * current document is stale.
 */
export function acceptDocument(
  current: DirectoryDocument | undefined,
  next: DirectoryDocument,
  now: UnixMillis,
): Acceptance {
  const freshness = documentFreshness(next, now)
  if (current !== undefined && next.epoch < current.epoch) return { kind: 'refused', reason: 'rollback' }
  if (current !== undefined && next.epoch === current.epoch) {
    const isSame = equalBytes(encodeUnsigned(current), encodeUnsigned(next))
    return isSame ? { kind: 'known', freshness } : { kind: 'refused', reason: 'conflict' }
  }
  if (next.validAfter > now + DOCUMENT_MAX_SKEW) return { kind: 'refused', reason: 'not_yet_valid' }
  return { kind: 'accepted', freshness }
}

/** `stale` from `validUntil` on. */
export function documentFreshness(document: DirectoryDocument, now: UnixMillis): Freshness {
  return now < document.validUntil ? 'current' : 'stale'
}

function decode(encoded: Uint8Array): DirectoryDocument {
  try {
    return decodeDocument(encoded)
  } catch (error) {
    if (error instanceof CodecError) throw new DirectoryError('malformed', error.code, { cause: error })
    throw error
  }
}
