import { test } from 'node:test'
import { expect } from 'expect'
import { pressOn } from './message-keys.ts'

const none = { shiftKey: false, ctrlKey: false, altKey: false, metaKey: false }
const message = { dataset: { message: 'a' } } as unknown as EventTarget
const part = { dataset: {} } as unknown as EventTarget
const press = (key: string, more: Partial<typeof none> = {}, target = message, selecting = false) =>
  pressOn({ ...none, key, target, ...more }, { selecting })

test('arrows walk, and select with Shift', () => {
  expect(press('ArrowUp')).toEqual({ kind: 'walk', by: -1, extends: false })
  expect(press('ArrowDown', { shiftKey: true })).toEqual({ kind: 'walk', by: 1, extends: true })
  expect(press('ArrowDown', {}, part)).toEqual({ kind: 'walk', by: 1, extends: false })
})

test('Enter opens the menu, or picks while messages are selected; on a part it presses that', () => {
  expect(press('Enter')).toEqual({ kind: 'menu' })
  expect(press('Enter', {}, message, true)).toEqual({ kind: 'toggle' })
  expect(press('Enter', {}, part)).toBeUndefined()
  expect(press(' ', {}, part)).toBeUndefined()
  expect(press(' ')).toEqual({ kind: 'toggle' })
})

test('Escape ends a selection and is for others else; so are keys with Ctrl, Alt or Meta', () => {
  expect(press('Escape', {}, message, true)).toEqual({ kind: 'end' })
  expect(press('Escape')).toBeUndefined()
  for (const key of ['ctrlKey', 'altKey', 'metaKey'] as const) expect(press('ArrowUp', { [key]: true })).toBeUndefined()
})
