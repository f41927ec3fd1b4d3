import { test } from 'node:test'
import { seconds } from '@starling/protocol'
import { settle, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import { WakeUp } from './wake-up.ts'

function sleeper(delay: number | undefined = seconds(10)) {
  const clock = new VirtualClock()
  const wakeUp = new WakeUp(clock)
  const controller = new AbortController()
  const sleep = () => {
    const state = { is: 'asleep' as string }
    wakeUp.sleep(delay as never, controller.signal).then(
      () => (state.is = 'awake'),
      () => (state.is = 'aborted'),
    )
    return state
  }
  return { clock, wakeUp, controller, sleep }
}

test('a sleep ends by itself, by a wake-up, or by its signal, and leaves nothing behind', async () => {
  const { clock, wakeUp, controller, sleep } = sleeper()
  const first = sleep()
  await clock.advance(seconds(10))
  expect(first.is).toBe('awake')
  const second = sleep()
  await settle()
  wakeUp.wake()
  await settle()
  expect(second.is).toBe('awake')
  const third = sleep()
  await settle()
  expect(third.is).toBe('asleep')
  controller.abort()
  await settle()
  expect([third.is, sleep().is, clock.pending]).toEqual(['aborted', 'asleep', 0])
})

test('a wake-up that finds nobody asleep is kept, once', async () => {
  const { wakeUp, sleep } = sleeper()
  wakeUp.wake()
  wakeUp.wake()
  const first = sleep()
  await settle()
  const second = sleep()
  await settle()
  expect([first.is, second.is]).toEqual(['awake', 'asleep'])
})
