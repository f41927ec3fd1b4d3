import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { utf8 } from '../bytes/utf8.ts'
import { nobleCrypto } from '../testing.ts'
import {
  type BuildManifest,
  formatBuildManifest,
  formatBuildSignatures,
  isBuildSignature,
  parseBuildManifest,
  parseBuildSignatures,
  signBuild,
} from './build-manifest.ts'

const crypto = nobleCrypto()
const keys = crypto.ed25519KeyPair(new Uint8Array(32).fill(7))
const integrity = `sha384-${'A'.repeat(64)}`
const manifest: BuildManifest = {
  version: 1,
  release: '0.1.0',
  build: '0123456789',
  files: [
    { path: 'assets/index-abc_-.js', size: 5, integrity },
    { path: 'index.html', size: 0, integrity },
  ],
}
const bytesOf = (value: unknown) => utf8(`${JSON.stringify(value, undefined, 1)}\n`)
const malformed = expect.objectContaining({ code: 'app_build' })

test('a manifest is read as it was written', () => {
  expect(parseBuildManifest(utf8(formatBuildManifest(manifest)))).toEqual(manifest)
})

test('paths that could lead anywhere else are refused', () => {
  for (const path of [
    '../x',
    'a/../b',
    '/etc/passwd',
    'a//b',
    '.hidden',
    'a/.b',
    'a\\b',
    'c:x',
    'a b',
    '',
    'a/',
    'é',
  ]) {
    const wrong = { ...manifest, files: [{ path, size: 1, integrity }] }
    expect(() => parseBuildManifest(bytesOf(wrong))).toThrow(malformed)
  }
})

test('what is no manifest in its one form is refused', () => {
  const [first, second] = manifest.files
  const wrongs = [
    { ...manifest, version: 2 },
    { ...manifest, more: 1 },
    { ...manifest, build: 'ABCDEF0123' },
    { ...manifest, release: '<b>' },
    { ...manifest, files: [] },
    { ...manifest, files: [second, first] },
    { ...manifest, files: [first, first] },
    { ...manifest, files: [{ ...first, size: -1 }] },
    { ...manifest, files: [{ ...first, size: 1.5 }] },
    { ...manifest, files: [{ ...first, integrity: `sha256-${'A'.repeat(43)}=` }] },
    { ...manifest, files: [{ path: 'build.json', size: 1, integrity }] },
    { ...manifest, files: ['a', 'b', 'c', 'd', 'e'].map((path) => ({ path, size: 16_777_216, integrity })) },
  ]
  for (const wrong of wrongs) expect(() => parseBuildManifest(bytesOf(wrong))).toThrow(malformed)
  expect(() => parseBuildManifest(utf8(JSON.stringify(manifest)))).toThrow(malformed)
  expect(() => parseBuildManifest(Uint8Array.of(0xff))).toThrow(malformed)
  expect(() => parseBuildManifest(new Uint8Array(1_048_577).fill(0x20))).toThrow(malformed)
})

test('a signature holds for these bytes and this key alone', () => {
  const bytes = utf8(formatBuildManifest(manifest))
  const signature = signBuild(crypto, keys, bytes)
  expect(isBuildSignature(crypto, signature, bytes)).toBe(true)
  const other = crypto.ed25519KeyPair(new Uint8Array(32).fill(8))
  expect(isBuildSignature(crypto, { ...signature, key: other.publicKey }, bytes)).toBe(false)
  const flip = fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
    const changed = Uint8Array.from(bytes)
    changed[at]! ^= change
    expect(isBuildSignature(crypto, signature, changed)).toBe(false)
  })
  fc.assert(flip, { numRuns: 10 })
})

test('signatures are read as they were written, and nothing else is taken for them', () => {
  const signatures = [signBuild(crypto, keys, utf8('x'))]
  expect(parseBuildSignatures(utf8(formatBuildSignatures(signatures)))).toEqual(signatures)
  for (const wrong of [
    {},
    { version: 1, signatures: [{ key: 'aa', signature: 'bb' }] },
    { version: 2, signatures: [] },
  ]) {
    expect(() => parseBuildSignatures(bytesOf(wrong))).toThrow(malformed)
  }
})
