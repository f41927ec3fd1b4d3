import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { hours, type Millis, millis, minutes, seconds, unixMillis } from '@starling/protocol'
import { expect } from 'expect'
import fc from 'fast-check'
import { VirtualClock } from './virtual-clock.ts'

const never = new AbortController().signal

test('time stands still until it is advanced, and then is exactly so much later', async () => {
  const clock = new VirtualClock({ start: unixMillis(1000) })
  expect([clock.now(), clock.monotonic()]).toEqual([1000, 0])
  await turn()
  expect(clock.now()).toBe(1000)
  await clock.advance(millis(250))
  expect([clock.now(), clock.monotonic()]).toEqual([1250, 250])
})

test('sleepers wake in order of time, then of arrival, each at its own time', async () => {
  const property = fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 20 }), async (delays) => {
    const clock = new VirtualClock()
    const woken: [number, number][] = []
    for (const [index, delay] of delays.entries())
      void clock.sleep(millis(delay), { signal: never }).then(() => woken.push([clock.monotonic(), index]))
    await clock.advance(millis(20))
    const expected = delays.map((delay, index): [number, number] => [delay, index])
    expect(woken).toEqual(expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]))
    expect(clock.pending).toBe(0)
  })
  await fc.assert(property, { numRuns: 30 })
})

test('wakes whoever is due at the end, and nobody later', async () => {
  const clock = new VirtualClock()
  const woken: number[] = []
  for (const delay of [99, 100, 101]) void clock.sleep(millis(delay), { signal: never }).then(() => woken.push(delay))
  await clock.advance(millis(100))
  expect(woken).toEqual([99, 100])
  expect(clock.pending).toBe(1)
  await clock.advance(millis(1))
  expect(woken).toEqual([99, 100, 101])
})

test('a loop that sleeps again and again runs as often as fits', async () => {
  const clock = new VirtualClock()
  const times: number[] = []
  const loop = async () => {
    for (;;) {
      times.push(clock.monotonic())
      await clock.sleep(seconds(10), { signal: never })
    }
  }
  void loop()
  await clock.advance(seconds(35))
  expect(times).toEqual([0, 10_000, 20_000, 30_000])
  expect(clock.monotonic()).toBe(35_000)
  await clock.advance(seconds(5))
  expect(times.at(-1)).toBe(40_000)
})

test('what a sleeper started has settled before the next one wakes', async () => {
  const clock = new VirtualClock()
  const events: string[] = []
  void clock.sleep(millis(1), { signal: never }).then(async () => {
    for (let i = 0; i < 100; i++) await Promise.resolve()
    await turn()
    await turn()
    await turn()
    events.push('first settled')
  })
  void clock.sleep(millis(2), { signal: never }).then(() => events.push('second woke'))
  await clock.advance(millis(2))
  expect(events).toEqual(['first settled', 'second woke'])
})

test('a sleeper that lies down in another one’s wake takes its turn in time', async () => {
  const clock = new VirtualClock()
  const events: [string, Millis][] = []
  const log = (name: string) => events.push([name, clock.monotonic()])
  void clock.sleep(millis(10), { signal: never }).then(async () => {
    log('outer')
    await clock.sleep(millis(5), { signal: never })
    log('inner')
    await clock.sleep(millis(0), { signal: never })
    log('at once')
  })
  void clock.sleep(millis(15), { signal: never }).then(() => log('earlier arrival'))
  void clock.sleep(millis(16), { signal: never }).then(() => log('last'))
  await clock.advance(millis(20))
  expect(events).toEqual([
    ['outer', 10],
    ['earlier arrival', 15],
    ['inner', 15],
    ['at once', 15],
    ['last', 16],
  ])
})

test('code that had not gone to sleep yet when time was advanced is not forgotten', async () => {
  const clock = new VirtualClock()
  let woke = false
  void turn()
    .then(() => clock.sleep(millis(5), { signal: never }))
    .then(() => {
      woke = true
    })
  await clock.advance(millis(5))
  expect(woke).toBe(true)
})

test('an abort wakes with its reason at once, and leaves nothing behind', async () => {
  const clock = new VirtualClock()
  const controller = new AbortController()
  const sleep = clock.sleep(hours(1), { signal: controller.signal })
  expect(clock.pending).toBe(1)
  controller.abort('stop')
  expect(clock.pending).toBe(0)
  await expect(sleep).rejects.toBe('stop')
  await expect(clock.sleep(hours(1), { signal: controller.signal })).rejects.toBe('stop')
  await clock.advance(hours(2))
  expect(clock.pending).toBe(0)
})

test('an abort after waking changes nothing', async () => {
  const clock = new VirtualClock()
  const controller = new AbortController()
  const sleep = clock.sleep(millis(1), { signal: controller.signal })
  await clock.advance(millis(1))
  controller.abort('late')
  await sleep
  expect(clock.pending).toBe(0)
})

test('thousands of cancelled sleeps do not disturb the order of the others', async () => {
  const clock = new VirtualClock()
  const woken: number[] = []
  const controller = new AbortController()
  for (let i = 0; i < 3000; i++) {
    const signal = i % 100 === 0 ? never : controller.signal
    clock.sleep(millis(3000 - i), { signal }).then(
      () => woken.push(3000 - i),
      () => {},
    )
  }
  controller.abort()
  expect(clock.pending).toBe(30)
  await clock.advance(minutes(1))
  expect(woken).toEqual(Array.from({ length: 30 }, (_, i) => 100 * (i + 1)))
})

test('advances that overlap run one after the other', async () => {
  const clock = new VirtualClock()
  await Promise.all([clock.advance(millis(10)), clock.advance(millis(20))])
  expect(clock.monotonic()).toBe(30)
})

test('a skewed clock is off by what it is told, sleeps as all others, and can be set', async () => {
  const clock = new VirtualClock({ start: unixMillis(1_000_000_000) })
  const skewed = clock.skewed(hours(1))
  expect(skewed.now()).toBe(1_003_600_000)
  let woke = false
  void skewed.sleep(millis(10), { signal: never }).then(() => {
    woke = true
  })
  await clock.advance(millis(10))
  expect(woke).toBe(true)
  skewed.offset = millis(-500)
  expect(skewed.now()).toBe(clock.now() - 500)
  expect(skewed.monotonic()).toBe(10)
})
