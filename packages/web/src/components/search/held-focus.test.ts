import { test } from 'node:test'
import { expect } from 'expect'
import { createHeldFocus } from './held-focus.ts'

test('the focus is held for a while after each step, unless somebody leaves', () => {
  let now = 1_000_000
  const focus = createHeldFocus(() => now)
  expect(focus.isHeld).toBe(false)
  focus.hold()
  now += 1_000
  focus.hold()
  now += 1_000
  expect(focus.isHeld).toBe(true)
  now += 1_000
  expect(focus.isHeld).toBe(false)
  focus.hold()
  focus.letGo()
  expect(focus.isHeld).toBe(false)
})
