import { test } from 'node:test'
import { expect } from 'expect'
import { createSwipe } from './swipe.ts'

function draw(path: readonly (readonly [x: number, y: number])[], direction: 1 | -1 = 1) {
  const swipe = createSwipe(() => direction)
  swipe.start(100, 100)
  const distances = path.map(([x, y]) => swipe.move(100 + x, 100 + y))
  return { distances, answers: swipe.end() }
}

test('a long way along the line answers, a short one does not', () => {
  expect(
    draw([
      [20, 2],
      [60, 5],
    ]),
  ).toEqual({ distances: [20, 60], answers: true })
  expect(
    draw([
      [20, 2],
      [40, 5],
    ]).answers,
  ).toBe(false)
  expect(
    draw([
      [80, 2],
      [20, 2],
    ]).answers,
  ).toBe(false)
})

test('scrolling is no swipe, even if it turns', () => {
  expect(
    draw([
      [5, 30],
      [90, 30],
    ]),
  ).toEqual({ distances: [0, 0], answers: false })
})

test('the message goes along only so far, and only forwards', () => {
  expect(
    draw([
      [200, 0],
      [-50, 0],
    ]).distances,
  ).toEqual([72, 0])
  expect(draw([[-60, 0]], -1)).toEqual({ distances: [60], answers: true })
})
