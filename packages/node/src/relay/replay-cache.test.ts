import { test } from 'node:test'
import { hours, type LayerKey, minutes, unixMillis } from '@starling/protocol'
import { seededRandom, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import { crypto } from '../testing/fixture.ts'
import { ReplayCache } from './replay-cache.ts'

function create(capacity?: number) {
  const clock = new VirtualClock({ start: unixMillis(1_700_000_000_000) })
  const cache = new ReplayCache({ crypto, random: seededRandom('salt'), clock, ...(capacity && { capacity }) })
  return { clock, cache }
}

const key = (number: number) => new Uint8Array(new BigUint64Array([BigInt(number), 0n, 0n, 0n]).buffer) as LayerKey

test('a key is new once', () => {
  const { cache } = create()
  for (let number = 0; number < 10_000; number++) expect(cache.seenBefore(key(number))).toBe(false)
  for (let number = 0; number < 10_000; number++) expect(cache.seenBefore(key(number))).toBe(true)
  expect(cache.count).toBe(10_000)
})

test('keys are known for an hour, and forgotten after two', async () => {
  const { cache, clock } = create()
  cache.seenBefore(key(1))
  await clock.advance(minutes(59))
  expect(cache.seenBefore(key(1))).toBe(true)
  await clock.advance(minutes(2))
  cache.seenBefore(key(2))
  await clock.advance(minutes(58))
  expect(cache.seenBefore(key(1))).toBe(true)
  await clock.advance(minutes(2))
  expect(cache.seenBefore(key(1))).toBe(false)
  expect(cache.seenBefore(key(2))).toBe(true)
})

test('after hours without a request nothing old is left', async () => {
  const { cache, clock } = create()
  cache.seenBefore(key(1))
  await clock.advance(hours(5))
  expect(cache.seenBefore(key(2))).toBe(false)
  expect(cache.count).toBe(1)
})

test('a full cache forgets the oldest, and never holds more than twice its capacity', () => {
  const { cache } = create(1_000)
  for (let number = 0; number < 5_500; number++) {
    expect(cache.seenBefore(key(number))).toBe(false)
    expect(cache.count).toBeLessThanOrEqual(2_000)
  }
  for (let number = 4_500; number < 5_500; number++) expect(cache.seenBefore(key(number))).toBe(true)
  expect(cache.seenBefore(key(0))).toBe(false)
})
