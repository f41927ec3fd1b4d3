import { test } from 'node:test'
import { expect } from 'expect'
import { ARC_HEIGHT, ARC_WIDTH, arcDots, flockDots } from './path-geometry.ts'

test('You and the hops stand on the arc from left to right, apart from each other', () => {
  const dots = arcDots(3)
  expect(dots).toHaveLength(4)
  for (const [index, dot] of dots.entries()) {
    if (index > 0) expect(dot.x - dots[index - 1]!.x).toBeGreaterThan(24)
  }
})

test('a flock of any size keeps inside the drawing, and no two birds touch', () => {
  for (const members of [1, 3, 7, 12]) {
    const dots = flockDots(members)
    for (const [index, dot] of dots.entries()) {
      expect(dot.x).toBeGreaterThan(4)
      expect(dot.x).toBeLessThan(ARC_WIDTH - 3)
      expect(dot.y).toBeGreaterThan(4)
      expect(dot.y).toBeLessThan(ARC_HEIGHT - 4)
      for (const other of dots.slice(0, index)) expect(Math.hypot(dot.x - other.x, dot.y - other.y)).toBeGreaterThan(7)
    }
  }
})
