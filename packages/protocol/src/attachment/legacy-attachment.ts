/** Files as all compatible apps write them today. docs/protocol/attachment.md §2. */
import { concatBytes, equalBytes } from '../bytes/bytes.ts'
import type { Crypto, RandomBytes } from '../crypto/crypto.ts'
import { AuthenticationError } from '../errors.ts'
import { assertFileSize, legacyPaddedSize } from './file-sizes.ts'

export const LEGACY_KEY_SIZE = 64
const IV_SIZE = 16

export type SealedAttachment = {
  /** What is uploaded. */
  readonly blob: Uint8Array
  /** 64 bytes; with the digest and the size it goes into the message. */
  readonly key: Uint8Array
  /** SHA-256 of the blob. */
  readonly digest: Uint8Array
  /** Of the file. */
  readonly size: number
}

/**
 * Draws 64 and 16 random bytes. `isPadded`: false for images of link previews, as everywhere.
 *
 * @throws {MalformedInputError} `attachment`, if the file is over 10,000,000 bytes.
 */
export function sealLegacyAttachment(options: {
  crypto: Crypto
  random: RandomBytes
  plain: Uint8Array
  isPadded: boolean
}): SealedAttachment {
  const { crypto, random, plain, isPadded } = options
  assertFileSize(plain.length)
  const key = random(LEGACY_KEY_SIZE)
  // The key is drawn for this file alone, so that the IV need not be unique; it is drawn because others draw it.
  const iv = random(IV_SIZE)
  const blob = concatBytes(iv, crypto.aes256CbcHmacSeal(key, iv, isPadded ? pad(plain) : plain))
  return { blob, key, digest: crypto.sha256(blob), size: plain.length }
}

/**
 * Verifies digest and tag before anything is decrypted. `size`: of the file; absent or larger than what is there: all of it,
 * with padding.
 *
 * @throws {AuthenticationError} `open_failed`, if digest, tag, key or length is wrong.
 */
export function openLegacyAttachment(options: {
  crypto: Crypto
  blob: Uint8Array
  key: Uint8Array
  digest: Uint8Array
  size?: number | undefined
}): Uint8Array {
  const { crypto, blob, key, digest, size } = options
  if (key.length !== LEGACY_KEY_SIZE || !equalBytes(crypto.sha256(blob), digest)) {
    throw new AuthenticationError('open_failed')
  }
  const padded = crypto.aes256CbcHmacOpen(key, blob.subarray(0, IV_SIZE), blob.subarray(IV_SIZE))
  if (padded === undefined) throw new AuthenticationError('open_failed')
  return size === undefined || size >= padded.length ? padded : padded.slice(0, size)
}

function pad(plain: Uint8Array): Uint8Array {
  const padded = new Uint8Array(legacyPaddedSize(plain.length))
  padded.set(plain)
  return padded
}
