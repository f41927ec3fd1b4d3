import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'expect'
import { Turns } from './turns.ts'

test('a link has eight frames taken a turn, in order, and is not read while some wait', async () => {
  const taken: number[] = []
  const calls: string[] = []
  const source = { pause: () => calls.push('pause'), resume: () => calls.push('resume') }
  const turns = new Turns({ take: (frame) => taken.push(frame[0]!), source })
  for (let index = 0; index < 20; index++) turns.add(Buffer.of(index))
  expect(taken.length).toBe(8)
  expect(calls).toEqual(['pause'])
  await setImmediate()
  expect(taken.length).toBe(16)
  await setImmediate()
  await setImmediate()
  expect(taken).toEqual(Array.from({ length: 20 }, (_, index) => index))
  expect(calls).toEqual(['pause', 'resume'])
})
