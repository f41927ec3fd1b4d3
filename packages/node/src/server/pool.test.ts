import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { Pool } from './pool.ts'

/** Holders that take as much as they are given, one at a time, in turns. */
function takeAll(pool: Pool, holders: number): number[] {
  const held = new Array<number>(holders).fill(0)
  for (let isMore = true; isMore; ) {
    isMore = false
    for (let index = 0; index < holders; index++) {
      if (pool.roomFor(held[index]!) < 1) continue
      pool.take(1)
      held[index]!++
      isMore = true
    }
  }
  return held
}

test('one alone gets a fifth, and ten that take all they can leave more than a quarter', () => {
  expect(takeAll(new Pool(1_000, { isShared: true }), 1)).toEqual([200])
  const crowded = new Pool(1_000, { isShared: true })
  const held = takeAll(crowded, 10)
  expect(Math.max(...held) - Math.min(...held)).toBeLessThanOrEqual(1)
  expect(crowded.held).toBeLessThan(750)
})

test('who holds less is never refused where one who holds more is not', () => {
  const property = fc.property(fc.nat(100), fc.nat(100), fc.nat(100), (taken, a, b) => {
    const pool = new Pool(100, { isShared: true })
    pool.take(taken)
    expect(pool.roomFor(Math.min(a, b))).toBeGreaterThanOrEqual(pool.roomFor(Math.max(a, b)))
  })
  fc.assert(property)
})

test('what is given back is free again, and nobody takes more than there is', () => {
  const pool = new Pool(100, { isShared: true })
  pool.take(100)
  expect(pool.roomFor(0)).toBeLessThanOrEqual(0)
  pool.give(80)
  expect(pool.roomFor(0)).toBe(20)
})

test('a pool that is not shared gives anybody all that is free', () => {
  const pool = new Pool(100, { isShared: false })
  expect(takeAll(pool, 1)).toEqual([100])
})
