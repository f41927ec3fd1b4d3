/** Legacy attachments and pictures. */
import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import vectors from '../../vectors/messages.json' with { type: 'json' }
import { concatBytes } from '../bytes/bytes.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { utf8 } from '../bytes/utf8.ts'
import { fixedRandom, nobleCrypto, seededRandom } from '../testing.ts'
import { legacyPaddedSize, MAX_FILE_BYTES } from './file-sizes.ts'
import { openLegacyAttachment, sealLegacyAttachment } from './legacy-attachment.ts'
import { openLegacyPicture, sealLegacyPicture } from './legacy-picture.ts'

const crypto = nobleCrypto()
const random = seededRandom('legacy')
const failed = expect.objectContaining({ code: 'open_failed' })
const { attachment_legacy: padded, attachment_legacy_unpadded: unpadded, profile_picture_legacy: picture } = vectors

test('makes the known attachments, byte for byte, and opens them', () => {
  for (const vector of [padded, unpadded]) {
    const plain = utf8(vector.plaintext_text)
    const draws = fixedRandom(fromHex(vector.key64), fromHex(vector.iv))
    const sealed = sealLegacyAttachment({ crypto, random: draws, plain, isPadded: vector === padded })
    expect(toHex(sealed.blob)).toBe(vector.blob)
    expect(toHex(sealed.digest)).toBe(vector.digest)
    expect(sealed.size).toBe(padded.size_field)
    const { key64, blob, digest } = vector
    const pointer = { crypto, blob: fromHex(blob), key: fromHex(key64), digest: fromHex(digest) }
    expect(openLegacyAttachment({ ...pointer, size: 22 })).toEqual(plain)
    expect(openLegacyAttachment(pointer)).toHaveLength(vector === padded ? padded.padded_length : 22)
  }
})

test('makes the known picture, byte for byte, and opens it', () => {
  const plain = utf8(picture.plaintext_text)
  const draws = fixedRandom(fromHex(picture.key32), fromHex(picture.nonce12))
  const { blob, key } = sealLegacyPicture({ crypto, random: draws, plain })
  expect(toHex(blob)).toBe(picture.blob)
  expect(openLegacyPicture(crypto, blob, key)).toEqual(plain)
})

test('pads in the known steps', () => {
  for (const { plain, padded: size } of padded.padding_buckets) expect(legacyPaddedSize(plain)).toBe(size)
  expect(legacyPaddedSize(0)).toBe(541)
})

test('padding is never less than the file, and hides it well', () => {
  const sizes = fc.integer({ min: 0, max: MAX_FILE_BYTES })
  fc.assert(
    fc.property(sizes, (size) => {
      const result = legacyPaddedSize(size)
      expect(result).toBeGreaterThanOrEqual(size)
      expect(result).toBeLessThanOrEqual(Math.max(541, Math.min(MAX_FILE_BYTES, size * 1.05)))
    }),
  )
})

test('any file comes back as it was', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), (plain, isPadded) => {
      const sealed = sealLegacyAttachment({ crypto, random, plain, isPadded })
      expect(openLegacyAttachment({ crypto, ...sealed })).toEqual(plain)
      const { blob, key } = sealLegacyPicture({ crypto, random, plain })
      expect(openLegacyPicture(crypto, blob, key)).toEqual(plain)
    }),
    { numRuns: 30 },
  )
})

test('opens nothing that was changed, cut or extended, or with another key or digest', () => {
  const sealed = sealLegacyAttachment({ crypto, random, plain: utf8('hello'), isPadded: false })
  const changed = (bytes: Uint8Array, at: number) => bytes.with(at, bytes[at]! ^ 1)
  const withBlob = (blob: Uint8Array) => ({ blob, digest: crypto.sha256(blob) })
  const wrong = [
    { digest: changed(sealed.digest, 3) },
    { digest: sealed.digest.subarray(1) },
    { key: changed(sealed.key, 40) },
    { key: sealed.key.subarray(32) },
    ...[0, 20, 50].map((at) => withBlob(changed(sealed.blob, at))),
    ...[0, 15, 16, 40, 63].map((length) => withBlob(sealed.blob.subarray(0, length))),
    withBlob(concatBytes(sealed.blob, new Uint8Array(16))),
  ]
  for (const change of wrong) expect(() => openLegacyAttachment({ crypto, ...sealed, ...change })).toThrow(failed)
  const { blob, key } = sealLegacyPicture({ crypto, random, plain: utf8('hello') })
  for (const bytes of [changed(blob, 0), changed(blob, 14), blob.subarray(1), new Uint8Array(5)]) {
    expect(() => openLegacyPicture(crypto, bytes, key)).toThrow(failed)
  }
  for (const other of [changed(key, 1), key.subarray(1)]) {
    expect(() => openLegacyPicture(crypto, blob, other)).toThrow(failed)
  }
})

test('a size that the sender made up shows no more than there is', () => {
  const sealed = sealLegacyAttachment({ crypto, random, plain: utf8('hello'), isPadded: false })
  expect(openLegacyAttachment({ crypto, ...sealed, size: 2 ** 32 - 1 })).toEqual(utf8('hello'))
  expect(openLegacyAttachment({ crypto, ...sealed, size: 0 })).toHaveLength(0)
})

test('refuses files that no server would take', () => {
  const plain = new Uint8Array(MAX_FILE_BYTES + 1)
  const tooLarge = expect.objectContaining({ code: 'attachment' })
  expect(() => sealLegacyAttachment({ crypto, random, plain, isPadded: true })).toThrow(tooLarge)
  expect(() => sealLegacyPicture({ crypto, random, plain })).toThrow(tooLarge)
})
