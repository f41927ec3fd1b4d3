import { test } from 'node:test'
import { millis } from '@starling/protocol'
import { expect } from 'expect'
import fc from 'fast-check'
import { backoff } from './retry.ts'
import { seededRandom } from './testing/seeded-random.ts'

test('waits between nothing and twice as long as before, never beyond the limit', () => {
  const random = seededRandom(1)
  const property = fc.property(fc.nat(2000), fc.nat(1000), fc.nat(100_000), (attempt, base, limit) => {
    const delay = backoff({ attempt, base: millis(base), limit: millis(limit), random })
    expect(Number.isInteger(delay)).toBe(true)
    expect(delay).toBeGreaterThanOrEqual(0)
    expect(delay).toBeLessThanOrEqual(Math.min(limit, base * 2 ** Math.min(attempt, 1000)))
  })
  fc.assert(property)
})

test('spreads over the whole range', () => {
  const random = seededRandom(2)
  const delays = Array.from({ length: 500 }, () =>
    backoff({ attempt: 3, base: millis(100), limit: millis(10_000), random }),
  )
  expect(Math.min(...delays)).toBeLessThan(50)
  expect(Math.max(...delays)).toBeGreaterThan(750)
  expect(Math.max(...delays)).toBeLessThanOrEqual(800)
})
