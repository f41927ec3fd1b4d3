/** Profile pictures as all compatible apps write them today. docs/protocol/attachment.md §3. */
import { concatBytes } from '../bytes/bytes.ts'
import type { Crypto, RandomBytes } from '../crypto/crypto.ts'
import { AuthenticationError } from '../errors.ts'
import { assertFileSize } from './file-sizes.ts'

export const PICTURE_KEY_SIZE = 32
const NONCE_SIZE = 12

/**
 * 28 bytes longer than `plain`, not padded. Draws 32 and 12 random bytes.
 *
 * @throws {MalformedInputError} `attachment`, if the picture is over 10,000,000 bytes.
 */
export function sealLegacyPicture(options: { crypto: Crypto; random: RandomBytes; plain: Uint8Array }): {
  readonly blob: Uint8Array
  readonly key: Uint8Array
} {
  const { crypto, random, plain } = options
  assertFileSize(plain.length)
  const key = random(PICTURE_KEY_SIZE)
  const nonce = random(NONCE_SIZE) // the key is for this picture alone
  return { blob: concatBytes(nonce, crypto.aes256GcmSeal(key, nonce, plain)), key }
}

/** @throws {AuthenticationError} `open_failed`, whatever is wrong. */
export function openLegacyPicture(crypto: Crypto, blob: Uint8Array, key: Uint8Array): Uint8Array {
  const plain =
    key.length === PICTURE_KEY_SIZE
      ? crypto.aes256GcmOpen(key, blob.subarray(0, NONCE_SIZE), blob.subarray(NONCE_SIZE))
      : undefined
  if (plain === undefined) throw new AuthenticationError('open_failed')
  return plain
}
