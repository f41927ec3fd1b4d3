import { test } from 'node:test'
import { expect } from 'expect'
import { rateOf, TokenBucket } from './token-bucket.ts'

/** How many of `asked` requests at the time `now` are let through. */
function passed(bucket: TokenBucket, asked: number, now: number): number {
  return Array.from({ length: asked }, () => bucket.take(rate, now)).filter((wait) => wait === 0).length
}

const rate = rateOf(300, { burstSeconds: 2 })

test('six hundred at once, then three hundred a second', () => {
  const bucket = new TokenBucket()
  expect(passed(bucket, 1_000, 5_000)).toBe(600)
  expect(passed(bucket, 1_000, 6_000)).toBe(300)
  expect(passed(bucket, 1_000, 6_010)).toBe(3)
  expect(passed(bucket, 1_000, 60_000)).toBe(600)
})

test('who is refused is told how long to wait, and refusing costs no token', () => {
  const bucket = new TokenBucket()
  passed(bucket, 600, 0)
  for (let round = 0; round < 1_000; round++) expect(bucket.take(rate, 0)).toBeCloseTo(1000 / 300)
  expect(bucket.take(rate, 4)).toBe(0)
})

test('what was spent without asking is owed', () => {
  const bucket = new TokenBucket()
  bucket.spend(900, rate, 0)
  expect(bucket.untilFull(0)).toBeCloseTo(3_000)
  expect(bucket.take(rate, 1_000)).toBeGreaterThan(0)
  expect(bucket.take(rate, 1_010)).toBe(0)
})
