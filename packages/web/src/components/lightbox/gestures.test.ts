import { test } from 'node:test'
import { expect } from 'expect'
import { createGestures } from './gestures.ts'

const finger = (id: number, x: number, y = 0) => ({ id, at: { x, y } })

test('one finger draws, and a press that hardly moves is still one', () => {
  const gestures = createGestures()
  gestures.down(finger(1, 0))
  expect(gestures.move(finger(1, 3))).toEqual({ kind: 'pan', by: { x: 3, y: 0 } })
  expect(gestures.isDrawn).toBe(false)
  gestures.move(finger(1, 40))
  expect(gestures.isDrawn).toBe(true)
  expect(gestures.move(finger(2, 40))).toBe(undefined)
})

test('two fingers make it larger around their middle, and wipe nothing', () => {
  const gestures = createGestures()
  gestures.down(finger(1, -50))
  gestures.down(finger(2, 50))
  expect(gestures.move(finger(2, 150))).toEqual({
    kind: 'pinch',
    factor: 2,
    at: { x: 50, y: 0 },
    by: { x: 50, y: 0 },
  })
  expect(gestures.up(finger(1, -50), true)).toBe(undefined)
  expect(gestures.up(finger(2, 150), true)).toBe(undefined)
})

test('a wipe along the line leads on, a short, steep or second one does not', () => {
  const wipe = (x: number, y: number, canWipe = true) => {
    const gestures = createGestures()
    gestures.down(finger(1, 0))
    gestures.move(finger(1, x, y))
    return gestures.up(finger(1, x, y), canWipe)
  }
  expect(wipe(-90, 10)).toEqual({ kind: 'wipe', by: 1 })
  expect(wipe(90, 10)).toEqual({ kind: 'wipe', by: -1 })
  expect([wipe(40, 0), wipe(90, 80), wipe(90, 0, false)]).toEqual([undefined, undefined, undefined])
})
