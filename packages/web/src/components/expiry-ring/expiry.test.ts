import { test } from 'node:test'
import { type UnixMillis, unixMillis } from '@starling/client'
import { expect } from 'expect'
import { expiryText, shareLeft } from './expiry.ts'

const now = unixMillis(1_000_000)
const until = (deadline: number) =>
  ({ mode: 'afterRead', seconds: 100, deadline: (now + deadline) as UnixMillis }) as const

test('the ring runs down from when the time begins', () => {
  expect(shareLeft({ mode: 'afterRead', seconds: 100 }, now)).toBe(1)
  expect(shareLeft(until(100_000), now)).toBe(1)
  expect(shareLeft(until(25_000), now)).toBe(0.25)
  expect([shareLeft(until(-1), now), shareLeft(until(500_000), now)]).toEqual([0, 1])
})

test('and says how long it is', () => {
  expect(expiryText(until(25_000), now)).toBe('Disappears in 25 seconds')
  expect(expiryText({ mode: 'afterSend', seconds: 100 }, now)).toBe('Disappears 2 minutes after sending')
})
