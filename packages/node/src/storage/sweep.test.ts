import { type TestContext, test } from 'node:test'
import { days, hours, millis, minutes, seconds, unixMillis } from '@starling/protocol'
import { memoryLogger, settle, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import { MemoryDisk } from './memory-disk.ts'
import { openMemoryStore } from './memory-store.ts'
import { NOW, storedMessage } from './store-fixture.suite.ts'
import { runSweep } from './sweep.ts'

/** A node's clock that can be set to another time, as by an operator or a time server. */
async function sweeping(t: TestContext) {
  const virtual = new VirtualClock({ start: NOW })
  const disk = new MemoryDisk({ clock: virtual, writeDelay: millis(0) })
  const store = await openMemoryStore(disk)
  const logger = memoryLogger()
  const ahead = { by: 0 }
  const clock = {
    now: () => unixMillis(virtual.now() + ahead.by),
    monotonic: () => virtual.monotonic(),
    sleep: virtual.sleep.bind(virtual),
  }
  let stop = new AbortController()
  const start = () => {
    stop = new AbortController()
    runSweep({ clock, store, logger }, stop.signal).catch(() => undefined)
    return settle()
  }
  t.after(() => stop.abort())
  await start()
  const advance = async (duration: number) => {
    await virtual.advance(millis(duration))
    await settle()
  }
  const count = async () => (await store.stats()).messages
  const jumps = () => logger.lines.filter(({ event }) => event === 'storage.clock_jumped').length
  const expiring = (number: number, after: number) =>
    store.put(storedMessage(number, { expiry: unixMillis(clock.now() + after) }))
  const restart = () => {
    stop.abort()
    return start()
  }
  return { ahead, advance, count, jumps, expiring, restart, store }
}

test('deletes what has expired, all of it, and nothing before', async (t) => {
  const { advance, count, expiring } = await sweeping(t)
  for (let number = 0; number < 1200; number++) await expiring(number, 15_000)
  await expiring(2000, 25_000)
  await advance(seconds(11))
  expect(await count()).toBe(1201)
  await advance(seconds(10))
  expect(await count()).toBe(1)
  await advance(seconds(10))
  expect(await count()).toBe(0)
})

test('when the clock jumps ahead, nothing is deleted for an hour, and the operator is told', async (t) => {
  const { ahead, advance, count, jumps, expiring } = await sweeping(t)
  await expiring(1, days(14))
  await advance(minutes(1))
  ahead.by = days(30)
  await advance(minutes(59))
  expect(await count()).toBe(1)
  expect(jumps()).toBe(1)
  ahead.by = 0
  await advance(hours(5))
  expect(await count()).toBe(1)
  ahead.by = days(30)
  await advance(minutes(61))
  expect(await count()).toBe(0)
  expect(jumps()).toBe(2)
})

test('a clock that is set back deletes nothing, and goes on from there', async (t) => {
  const { ahead, advance, count, expiring } = await sweeping(t)
  await expiring(1, minutes(10))
  ahead.by = -days(3)
  await advance(hours(1))
  expect(await count()).toBe(1)
  ahead.by = 0
  await advance(hours(1) + minutes(1))
  expect(await count()).toBe(0)
})

test('a jump while the node was off is noticed when it starts', async (t) => {
  const { ahead, advance, count, jumps, expiring, restart } = await sweeping(t)
  await expiring(1, days(14))
  await expiring(2, minutes(30))
  await advance(minutes(20))
  ahead.by = days(20)
  await restart()
  await advance(minutes(59))
  expect(await count()).toBe(2)
  expect(jumps()).toBe(1)
  ahead.by = hours(3)
  await restart()
  await advance(minutes(5))
  expect(await count()).toBe(1)
})
