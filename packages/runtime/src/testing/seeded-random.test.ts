import { test } from 'node:test'
import { toHex } from '@starling/protocol'
import { expect } from 'expect'
import fc from 'fast-check'
import { seededRandom } from './seeded-random.ts'

test('a seed gives the same bytes in every run, and in whatever pieces', () => {
  const property = fc.property(fc.string(), fc.array(fc.nat(50)), (seed, sizes) => {
    const pieces = seededRandom(seed)
    const joined = sizes.map((size) => toHex(pieces(size))).join('')
    const total = sizes.reduce((sum, size) => sum + size, 0)
    expect(joined).toBe(toHex(seededRandom(seed)(total)))
  })
  fc.assert(property)
  expect(seededRandom(7)(32)).toEqual(seededRandom('7')(32))
})

test('seeds give different bytes', () => {
  const starts = new Set<string>()
  for (let seed = 0; seed < 2000; seed++) starts.add(toHex(seededRandom(seed)(8)))
  for (let seed = 0; seed < 2000; seed++) starts.add(toHex(seededRandom(`node ${seed}`)(8)))
  expect(starts.size).toBe(4000)
})

test('all bytes and all bits come equally often', () => {
  const bytes = seededRandom('quality')(256 * 400)
  const counts = new Array<number>(256).fill(0)
  for (const byte of bytes) counts[byte]!++
  const chiSquare = counts.reduce((sum, count) => sum + (count - 400) ** 2 / 400, 0)
  expect(chiSquare).toBeGreaterThan(180) // 255 ± 3.3 standard deviations
  expect(chiSquare).toBeLessThan(330)
})
