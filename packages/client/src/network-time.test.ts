import { test } from 'node:test'
import { days, hours, millis, minutes, type NodeId, unixMillis } from '@starling/protocol'
import { VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import { NetworkTime } from './network-time.ts'

const nodeOf = (i: number) => i.toString(16).padStart(64, '0') as NodeId

function measured(offsets: readonly number[], evidence = true) {
  const clock = new VirtualClock()
  const time = new NetworkTime(clock)
  if (evidence) time.learnDirectory(unixMillis(clock.now() - hours(1)), 20)
  for (const [i, offset] of offsets.entries()) time.addSample(nodeOf(i), unixMillis(clock.now() + offset))
  return { clock, time, offset: time.now() - clock.now() }
}

test('fewer than three nodes move nothing', () => {
  expect(measured([hours(1)]).offset).toBe(0)
  expect(measured([hours(1), hours(1)]).offset).toBe(0)
  expect(measured([hours(1), hours(1), hours(1)]).offset).toBe(hours(1))
})

test('one liar among the last answers shifts nothing beyond what the others say', () => {
  const property = fc.property(
    fc.array(fc.integer({ min: -200, max: 200 }), { minLength: 2, maxLength: 8 }),
    fc.integer({ min: -minutes(60), max: days(300) }),
    fc.nat(8),
    (honest, lie, at) => {
      const { offset } = measured(honest.toSpliced(at % honest.length, 0, lie))
      expect(offset).toBeGreaterThanOrEqual(Math.min(...honest))
      expect(offset).toBeLessThanOrEqual(Math.max(...honest))
    },
  )
  fc.assert(property)
})

test('a node counts once, however often it speaks', () => {
  const { clock, time } = measured([0, 0, 0])
  for (let i = 0; i < 20; i++) time.addSample(nodeOf(9), unixMillis(clock.now() + hours(2)))
  expect(time.now()).toBe(clock.now())
})

test('what contradicts the signed directory does not count', () => {
  const { clock, time } = measured([])
  for (let i = 0; i < 5; i++) time.addSample(nodeOf(i), unixMillis(clock.now() - days(1)))
  for (let i = 5; i < 9; i++) time.addSample(nodeOf(i), unixMillis(clock.now() + days(1000)))
  expect(time.isMeasured).toBe(false)
  expect(time.now()).toBe(clock.now())
})

test('it is never earlier than the signed start of the directory', () => {
  const clock = new VirtualClock()
  const time = new NetworkTime(clock)
  time.learnDirectory(unixMillis(clock.now() + days(3)), 20)
  expect(time.now()).toBe(clock.now() + days(3))
  expect(time.skew.snapshot).toBe(-days(3))
})

test('a network of two nodes is believed by two', () => {
  const clock = new VirtualClock()
  const time = new NetworkTime(clock)
  time.learnDirectory(clock.now(), 2)
  for (const i of [0, 1]) time.addSample(nodeOf(i), unixMillis(clock.now() + hours(1)))
  expect(time.now()).toBe(clock.now() + hours(1))
})

test('a difference that nodes tolerate is none to speak of', () => {
  expect(measured([9000, 9000, 9000]).time.skew.snapshot).toBeUndefined()
  expect(measured([11_000, 11_000, 11_000]).time.skew.snapshot).toBe(millis(-11_000))
})

test('a new measurement takes the place of the old one when enough have answered', () => {
  const { clock, time } = measured([hours(1), hours(1), hours(1)])
  time.measureAnew()
  for (let i = 0; i < 2; i++) time.addSample(nodeOf(i), clock.now())
  expect(time.now()).toBe(clock.now() + hours(1))
  expect([time.isMeasured, time.isAgreed]).toEqual([true, false])
  time.addSample(nodeOf(2), clock.now())
  expect(time.now()).toBe(clock.now())
  expect([time.isMeasured, time.isAgreed]).toEqual([true, true])
})

test('fewer than half of those heard cannot move it, however many lie alike', () => {
  const lies = fc.array(fc.integer({ min: -minutes(60), max: days(300) }), { maxLength: 4 })
  const property = fc.property(
    lies,
    fc.array(fc.integer({ min: -200, max: 200 }), { minLength: 5, maxLength: 5 }),
    (lie, honest) => {
      const { offset } = measured([...lie, ...honest])
      expect(Math.abs(offset)).toBeLessThanOrEqual(200)
    },
  )
  fc.assert(property)
})

test('nodes that disagree are no agreement: more are to be asked', () => {
  expect(measured([0, 100, 200]).time.isAgreed).toBe(true)
  expect(measured([0, hours(1), hours(2)]).time.isAgreed).toBe(false)
  expect(measured([0, 100, hours(2), hours(2)]).time.isAgreed).toBe(false)
  expect(measured([0, 100, 0, hours(2)]).time.isAgreed).toBe(true)
})

test('half of the time that an answer took is added to what it says', () => {
  const { clock, time } = measured([])
  for (let i = 0; i < 3; i++) time.addSample(nodeOf(i), unixMillis(clock.now() - 2000), millis(4000))
  expect(time.now()).toBe(clock.now())
})

test('times from before there was such a network do not count, whoever says them', () => {
  const { clock, time } = measured([], false)
  for (let i = 0; i < 5; i++) time.addSample(nodeOf(i), unixMillis(1_500_000_000_000))
  expect([time.isMeasured, time.now()]).toEqual([false, clock.now()])
})

test('what was measured before a restart holds until nodes are heard', () => {
  const { clock, time } = measured([])
  time.restore(-hours(3))
  expect(time.now()).toBe(clock.now() + hours(3))
  for (let i = 0; i < 3; i++) time.addSample(nodeOf(i), clock.now())
  expect(time.now()).toBe(clock.now())
  time.restore(-hours(3))
  expect(time.now()).toBe(clock.now())
})

test('when our clock is set back the network time goes on; when it leaps, nodes are asked', () => {
  const clock = new VirtualClock().skewed(millis(0))
  let jumps = 0
  const time = new NetworkTime(clock, { onJump: () => jumps++ })
  for (let i = 0; i < 3; i++) time.addSample(nodeOf(i), clock.now())
  const before = time.now()
  clock.offset = millis(-hours(2))
  expect([time.now(), jumps]).toEqual([before, 1])
  clock.offset = millis(-hours(2) + 4000)
  time.now()
  expect(jumps).toBe(1)
  clock.offset = hours(1)
  time.now()
  expect(jumps).toBe(2)
  for (let i = 0; i < 3; i++) time.addSample(nodeOf(i), before)
  expect(time.now()).toBe(before)
})
