import { test } from 'node:test'
import { millis } from '@starling/protocol'
import { expect } from 'expect'
import { settle, VirtualClock } from './testing/virtual-clock.ts'
import { TimeoutError, withTimeout } from './timeout.ts'

const never = new AbortController().signal
const forever = () => new Promise<never>(() => {})

test('gives the result that comes in time, and neither sleeps nor listens after that', async () => {
  const clock = new VirtualClock()
  const controller = new AbortController()
  let inner: AbortSignal | undefined
  const result = withTimeout(clock, millis(100), controller.signal, async (signal) => {
    inner = signal
    await clock.sleep(millis(99), { signal })
    return 'done'
  })
  await clock.advance(millis(99))
  expect(await result).toBe('done')
  expect(clock.pending).toBe(0)
  await clock.advance(millis(100))
  controller.abort()
  expect(inner?.aborted).toBe(false)
})

test('fails with a typed error when time is up, and aborts the work', async () => {
  const clock = new VirtualClock()
  let inner: AbortSignal | undefined
  const result = withTimeout(clock, millis(100), never, (signal) => {
    inner = signal
    return clock.sleep(millis(101), { signal })
  })
  const failure = expect(result).rejects.toMatchObject({ code: 'timeout', fault: 'environment' })
  await clock.advance(millis(100))
  await failure
  expect(inner?.reason).toBeInstanceOf(TimeoutError)
  expect(clock.pending).toBe(0)
})

test('waits for nobody who takes no notice of the signal', async () => {
  const clock = new VirtualClock()
  const late = expect(withTimeout(clock, millis(1), never, forever)).rejects.toMatchObject({ code: 'timeout' })
  await clock.advance(millis(1))
  await late
  const controller = new AbortController()
  const stopped = expect(withTimeout(clock, millis(1), controller.signal, forever)).rejects.toBe('stop')
  controller.abort('stop')
  await stopped
  expect(clock.pending).toBe(0)
})

test('hands an abort on to the work, and does not begin after one', async () => {
  const clock = new VirtualClock()
  const controller = new AbortController()
  let inner: AbortSignal | undefined
  const result = withTimeout(clock, millis(100), controller.signal, (signal) => {
    inner = signal
    return forever()
  })
  controller.abort('stop')
  await expect(result).rejects.toBe('stop')
  expect(inner?.reason).toBe('stop')
  let begun = false
  const second = withTimeout(clock, millis(100), controller.signal, async () => {
    begun = true
  })
  await expect(second).rejects.toBe('stop')
  expect(begun).toBe(false)
})

test('passes failures on, thrown at once or later, and leaves no sleeper', async () => {
  const clock = new VirtualClock()
  const failure = new Error('broken')
  const throwing = () => {
    throw failure
  }
  await expect(withTimeout(clock, millis(100), never, throwing)).rejects.toBe(failure)
  await expect(withTimeout(clock, millis(100), never, () => Promise.reject(failure))).rejects.toBe(failure)
  await settle()
  expect(clock.pending).toBe(0)
})
