import { test } from 'node:test'
import { unixMillis } from '@starling/client'
import { expect } from 'expect'
import { FakeClient } from '../../testing/fake-client.ts'
import { createAutoLock } from './auto-lock.ts'
import { createDeviceLock } from './device-lock.ts'
import { secondsLeft, waitText } from './wait-text.ts'

const settled = () => new Promise((resolve) => setImmediate(resolve))

function autoLock() {
  let time = 0
  let planned: { fn: () => void; at: number } | undefined
  const locks: number[] = []
  const auto = createAutoLock({
    now: () => time,
    wake: (fn, delayMs) => {
      planned = { fn, at: time + delayMs }
      return () => {
        planned = undefined
      }
    },
    lock: () => locks.push(time),
  })
  /** `sleeps`: nothing wakes on the way. */
  const advance = (by: number, sleeps = false) => {
    const end = time + by
    while (!sleeps && planned !== undefined && planned.at <= end) {
      const { fn, at } = planned
      planned = undefined
      time = at
      fn()
    }
    time = end
  }
  return { auto, advance, locks, planned: () => planned, setTime: (to: number) => (time = to) }
}

test('locks when nobody was there for so long, and not before', () => {
  const { auto, advance, locks } = autoLock()
  auto.setDelay(60_000)
  advance(50_000)
  auto.touched()
  advance(59_999)
  expect(locks).toEqual([])
  advance(1)
  expect(locks).toEqual([110_000])
})

test('a device that slept locks as soon as somebody looks', () => {
  const { auto, advance, locks } = autoLock()
  auto.setDelay(60_000)
  advance(3_600_000, true)
  expect(locks).toEqual([])
  auto.look()
  expect(locks).toEqual([3_600_000])
})

test('whoever touches a device that slept too long finds it locked', () => {
  const { auto, advance, locks } = autoLock()
  auto.setDelay(60_000)
  advance(3_600_000, true)
  auto.touched()
  expect(locks).toEqual([3_600_000])
})

test('never means never, and what ended does not lock', () => {
  const { auto, advance, locks, planned } = autoLock()
  auto.setDelay(60_000)
  auto.setDelay(undefined)
  advance(3_600_000)
  auto.setDelay(60_000)
  auto[Symbol.dispose]()
  expect([locks, planned()]).toEqual([[], undefined])
})

test('a clock that was set back begins the time anew, and does not end it', () => {
  const { auto, advance, locks, setTime } = autoLock()
  auto.setDelay(60_000)
  setTime(-3_600_000)
  auto.look()
  advance(60_000)
  expect(locks).toEqual([-3_540_000])
})

test('a passphrase is set, changed and removed, and what is wrong is said', async () => {
  const client = new FakeClient()
  const lock = createDeviceLock(client)
  await settled()
  expect([lock.snapshot, await lock.lock()]).toEqual([false, false])
  expect(await lock.change({ next: '', repeated: '' })).toBe('empty')
  expect(await lock.change({ next: 'x'.repeat(1025), repeated: 'x'.repeat(1025) })).toBe('too_long')
  expect(await lock.change({ next: 'one', repeated: 'two' })).toBe('mismatch')
  expect(await lock.change({ next: 'one', repeated: 'one' })).toBeUndefined()
  expect(lock.snapshot).toBe(true)
  expect(await lock.change({ old: 'no', next: 'two', repeated: 'two' })).toBe('wrong')
  expect(await lock.change({ old: 'one', next: 'two', repeated: 'two' })).toBeUndefined()
  expect(await lock.lock()).toBe(true)
  expect(client.session.snapshot.kind).toBe('locked')
  await client.unlock('two')
  expect(await lock.change({ old: 'two' })).toBeUndefined()
  expect(lock.snapshot).toBe(false)
})

test('a passphrase that cannot be kept is said', async () => {
  const lock = createDeviceLock(new FakeClient({ failing: { setPassphrase: 'store_unavailable' } }))
  expect(await lock.change({ next: 'one', repeated: 'one' })).toBe('failed')
})

test('the wait is shown in whole seconds, never as over before it is', () => {
  const at = (ms: number) => secondsLeft(unixMillis(10_000), unixMillis(ms))
  expect([at(0), at(5_001), at(9_999), at(10_000), at(20_000)]).toEqual([10, 5, 1, 0, 0])
  expect(secondsLeft(undefined, unixMillis(0))).toBe(0)
  expect(secondsLeft(unixMillis(10 ** 12), unixMillis(0))).toBe(900)
  expect([waitText(5), waitText(75), waitText(900)]).toEqual(['0:05', '1:15', '15:00'])
})
