import { test } from 'node:test'
import { zstdCompressSync } from 'node:zlib'
import { expect } from 'expect'
import fc from 'fast-check'
import { decompressZstd } from './zstd.ts'

test('opens what zstd compressed', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 20_000 }), fc.integer({ min: 1, max: 9 }), (plain, times) => {
    const repeated = Buffer.concat(Array.from({ length: times }, () => plain))
    const opened = decompressZstd(zstdCompressSync(repeated), 200_000)
    expect(Buffer.from(opened ?? []).equals(repeated)).toBe(true)
  })
  fc.assert(property, { numRuns: 50 })
})

test('refuses what would grow beyond its bound', () => {
  const bomb = zstdCompressSync(Buffer.alloc(50_000_000))
  expect(decompressZstd(bomb, 1_000_000)).toBeUndefined()
  expect(decompressZstd(zstdCompressSync(Buffer.alloc(1000)), 1000)).toHaveLength(1000)
  expect(decompressZstd(zstdCompressSync(Buffer.alloc(1001)), 1000)).toBeUndefined()
})

test('refuses what is no zstd, and never throws', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
    const opened = decompressZstd(bytes, 10_000)
    expect(opened === undefined || opened.length <= 10_000).toBe(true)
  })
  fc.assert(property)
  const frame = zstdCompressSync(Buffer.from('a text that is long enough to be compressed, compressed, compressed'))
  expect(decompressZstd(frame.subarray(4), 10_000)).toBeUndefined()
})
