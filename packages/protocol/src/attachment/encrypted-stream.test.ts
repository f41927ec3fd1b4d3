import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import vectors from '../../vectors/messages.json' with { type: 'json' }
import { concatBytes, equalBytes } from '../bytes/bytes.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { utf8 } from '../bytes/utf8.ts'
import { nobleCrypto } from '../testing.ts'
import { deriveStreamSecret, openStream, StreamOpener, StreamSealer, sealStream } from './encrypted-stream.ts'
import { streamPaddingSize } from './file-sizes.ts'

const crypto = nobleCrypto()
const { attachment_stream: vector } = vectors
const seed = fromHex(vector.uploader_seed32)
const failed = expect.objectContaining({ code: 'open_failed' })
const numbers = Uint8Array.from({ length: 100_000 }, (_, i) => (7 * i + 3) % 256)

test('makes the known blobs, and opens them', () => {
  const text = utf8(vector.plaintext_text)
  const known = [
    { ...vector.attachment, plain: text, purpose: 'attachment' },
    { ...vector.profile_picture, plain: text, purpose: 'picture' },
    { ...vector.multi_chunk, plain: numbers, purpose: 'attachment' },
  ] as const
  for (const { plain, purpose, header24, key32, blob_length, blob_sha256 } of known) {
    const secret = deriveStreamSecret({ crypto, seed, plain, purpose })
    expect([toHex(secret.header), toHex(secret.key)]).toEqual([header24, key32])
    const blob = sealStream(crypto, secret, plain)
    expect(blob).toHaveLength(blob_length)
    expect(toHex(crypto.sha256(blob))).toBe(blob_sha256)
    expect(equalBytes(openStream(crypto, blob, secret.key), plain)).toBe(true)
  }
})

test('pads to the known sizes', () => {
  for (const { plain, blob } of vector.blob_sizes) {
    const data = plain + streamPaddingSize(plain)
    expect(25 + data + 17 * Math.ceil(data / 32_768)).toBe(blob)
  }
})

test('a file in pieces gives the same blob, and a blob in pieces the same file', () => {
  const secret = deriveStreamSecret({ crypto, seed, plain: numbers, purpose: 'attachment' })
  const blob = sealStream(crypto, secret, numbers)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 6 }), (sizes) => {
      const sealer = new StreamSealer(crypto, secret, numbers.length)
      expect(
        equalBytes(concatBytes(sealer.start, ...pieces(numbers, sizes).map((piece) => sealer.seal(piece))), blob),
      ).toBe(true)
      const opener = new StreamOpener(crypto, secret.key)
      const opened = pieces(blob, sizes).map((piece) => opener.open(piece))
      expect(equalBytes(concatBytes(...opened, opener.end()), numbers)).toBe(true)
    }),
    { numRuns: 8 },
  )
})

test('files of any size come back as they were', () => {
  const sizes = fc.constantFrom(0, 1, 4053, 4054, 32_767, 32_768, 32_769, 65_519, 65_536)
  fc.assert(
    fc.property(sizes, (size) => {
      const plain = new Uint8Array(size).fill(0)
      const secret = deriveStreamSecret({ crypto, seed, plain, purpose: 'picture' })
      expect(equalBytes(openStream(crypto, sealStream(crypto, secret, plain), secret.key), plain)).toBe(true)
    }),
    { numRuns: 12 },
  )
})

test('opens nothing that was changed, cut or extended', () => {
  const plain = numbers.subarray(0, 40_000)
  const { key, ...rest } = deriveStreamSecret({ crypto, seed, plain, purpose: 'attachment' })
  const blob = sealStream(crypto, { key, ...rest }, plain)
  const changed = (at: number) => blob.with(at, blob[at]! ^ 1)
  const first = 25 + 32_768 + 17
  const wrong = [
    ...[0, 1, 25, 100, first, blob.length - 1].map(changed),
    ...[0, 1, 25, 26, first, first + 1, blob.length - 1].map((length) => blob.subarray(0, length)),
    concatBytes(blob, Uint8Array.of(0)),
    concatBytes(blob, blob.subarray(first)),
  ]
  for (const bytes of wrong) expect(() => openStream(crypto, bytes, key)).toThrow(failed)
  expect(() => openStream(crypto, blob, key.with(0, key[0]! ^ 1))).toThrow(failed)
  expect(() => openStream(crypto, blob, key.subarray(1))).toThrow(failed)
})

test('opens nothing whose padding does not end, or ends in another way, or goes on after the end', () => {
  const secret = deriveStreamSecret({ crypto, seed, plain: seed, purpose: 'attachment' })
  const blobOf = (...chunks: { bytes: Uint8Array; isLast: boolean }[]) => {
    const stream = crypto.secretStreamSealer(secret.key, secret.header)
    return concatBytes(
      ...[Uint8Array.of(0x53), secret.header],
      ...chunks.map(({ bytes, isLast }) => stream.seal(bytes, { isLast })),
    )
  }
  const whole = new Uint8Array(32_768).fill(1)
  const wrong = [
    blobOf({ bytes: new Uint8Array(40), isLast: true }),
    blobOf({ bytes: Uint8Array.of(0, 0, 2, 1), isLast: true }),
    blobOf({ bytes: new Uint8Array(), isLast: true }),
    blobOf({ bytes: whole, isLast: true }, { bytes: seed, isLast: true }),
    blobOf({ bytes: whole, isLast: false }),
  ]
  for (const blob of wrong) expect(() => openStream(crypto, blob, secret.key)).toThrow(failed)
  expect(openStream(crypto, blobOf({ bytes: Uint8Array.of(0, 1, 7), isLast: true }), secret.key)).toEqual(
    Uint8Array.of(7),
  )
})

test('opens the blobs of accounts that derive their keys in another way', () => {
  const secret = { header: seed.slice(0, 24), key: fromHex(vector.unreleased_key_rule.attachment_key32) }
  expect(equalBytes(openStream(crypto, sealStream(crypto, secret, numbers), secret.key), numbers)).toBe(true)
})

test('refuses files that no server would take', () => {
  const secret = { header: new Uint8Array(24), key: new Uint8Array(32) }
  expect(() => new StreamSealer(crypto, secret, 10_000_001)).toThrow(expect.objectContaining({ code: 'attachment' }))
})

function pieces(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const found: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!
    found.push(bytes.subarray(at, at + size))
    at += size
  }
  return found
}
