import { test } from 'node:test'
import type { RandomBytes } from '@starling/protocol'
import { expect } from 'expect'
import fc from 'fast-check'
import { pick, randomInteger, shuffle, systemRandom } from './random.ts'
import { seededRandom } from './testing/seeded-random.ts'

const random = seededRandom('random')

test('the machine gives any number of bytes, more than the browser does at once too', () => {
  const bytes = systemRandom()(200_001)
  expect(bytes.length).toBe(200_001)
  for (const at of [0, 65_536, 131_072, 199_969]) expect(bytes.subarray(at, at + 32).some((b) => b !== 0)).toBe(true)
  expect(systemRandom()(0).length).toBe(0)
})

test('draws whole numbers below any limit', () => {
  const property = fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (limit) => {
    const value = randomInteger(random, limit)
    expect(Number.isInteger(value) && value >= 0 && value < limit).toBe(true)
  })
  fc.assert(property)
  expect(randomInteger(random, 1)).toBe(0)
})

test('throws away the draws that would favour low numbers', () => {
  // 2^32 mod 3 is 1: the very last draw is one too many.
  expect(randomInteger(draws('ffffffff', '00000005'), 3)).toBe(2)
  expect(randomInteger(draws('fffffffe'), 3)).toBe(2)
  expect(randomInteger(draws('ffffffff'), 2 ** 32)).toBe(2 ** 32 - 1)
  // 2^53 mod (2^53 - 1) is 1.
  expect(randomInteger(draws('ffffffffffffffff', '0000080000000007'), Number.MAX_SAFE_INTEGER)).toBe(2 ** 32 + 7)
})

test('draws every number about equally often', () => {
  const counts = new Array<number>(6).fill(0)
  for (let i = 0; i < 6000; i++) counts[randomInteger(random, 6)]!++
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
})

test('refuses limits that leave nothing to draw or cannot be drawn exactly', () => {
  for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
    expect(() => randomInteger(random, limit)).toThrow(expect.objectContaining({ code: 'limit_out_of_range' }))
})

test('shuffling keeps all items, leaves the list alone and makes every order equally likely', () => {
  const list = Object.freeze(['a', 'b', 'c'])
  const orders = new Map<string, number>()
  for (let i = 0; i < 3000; i++) {
    const order = shuffle(random, list).join('')
    orders.set(order, (orders.get(order) ?? 0) + 1)
  }
  expect(new Set(orders.keys())).toEqual(new Set(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']))
  for (const count of orders.values()) expect(Math.abs(count - 500)).toBeLessThan(90)
})

test('picks any item, and nothing of an empty list', () => {
  const seen = new Set(Array.from({ length: 100 }, () => pick(random, [0, 1, 2])))
  expect(seen).toEqual(new Set([0, 1, 2]))
  expect(pick(random, [])).toBe(undefined)
})

/** Hands out these bytes, one text a draw. */
function draws(...hex: string[]): RandomBytes {
  return (length) => {
    const bytes = Uint8Array.from(Buffer.from(hex.shift() ?? '', 'hex'))
    expect(bytes.length).toBe(length)
    return bytes
  }
}
