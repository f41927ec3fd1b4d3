import { mock, test } from 'node:test'
import { days, millis } from '@starling/protocol'
import { expect } from 'expect'
import { systemClock } from './system-clock.ts'

const clock = systemClock()
const never = new AbortController().signal

test('tells the time of the machine', () => {
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1000)
  const before = clock.monotonic()
  expect(clock.monotonic()).toBeGreaterThanOrEqual(before)
})

test('sleeps as long as asked, and not at all for less than nothing', async () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    let awake = false
    const sleep = clock.sleep(millis(100), { signal: never }).then(() => {
      awake = true
    })
    mock.timers.tick(99)
    await Promise.resolve()
    expect(awake).toBe(false)
    mock.timers.tick(1)
    await sleep
  } finally {
    mock.timers.reset()
  }
  await clock.sleep(millis(-5), { signal: never })
  await clock.sleep(millis(0), { signal: never })
})

test('sleeps longer than one timer of the machine can', async () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    let awake = false
    const sleep = clock.sleep(days(60), { signal: never }).then(() => {
      awake = true
    })
    const longest = 2 ** 31 - 1
    mock.timers.tick(longest)
    mock.timers.tick(longest)
    mock.timers.tick(days(60) - 2 * longest - 1)
    await Promise.resolve()
    expect(awake).toBe(false)
    mock.timers.tick(1)
    await sleep
  } finally {
    mock.timers.reset()
  }
})

test('wakes with the reason as soon as the signal aborts, and leaves no timer', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const before = timers()
  const controller = new AbortController()
  const sleep = clock.sleep(days(1), { signal: controller.signal })
  expect(timers()).toBe(before + 1)
  controller.abort('stop')
  expect(timers()).toBe(before)
  await expect(sleep).rejects.toBe('stop')
  await expect(clock.sleep(days(1), { signal: controller.signal })).rejects.toBe('stop')
})
