import { test } from 'node:test'
import { expect } from 'expect'
import { ringDots } from './swarm-ring.ts'

/** Drawn around each dot, half of it outside. */
const STROKE = 0.9

const filledOf = (dots: ReturnType<typeof ringDots>): number => dots.filter((dot) => dot.filled).length

test('one dot stands for each member, filled as receipts arrive', () => {
  for (let on = 0; on <= 7; on++) {
    const dots = ringDots({ kind: 'stored', on, of: 7 })
    expect(dots).toHaveLength(7)
    expect(filledOf(dots)).toBe(on)
  }
})

test('a queued message has outlines only, also while its swarm is unknown', () => {
  expect(filledOf(ringDots({ kind: 'queued', waitingForNetwork: true, of: 0 }))).toBe(0)
  expect(ringDots({ kind: 'queued', waitingForNetwork: true, of: 0 })).toHaveLength(3)
  expect(ringDots({ kind: 'queued', waitingForNetwork: false, of: 5 })).toHaveLength(5)
})

test('a big swarm is never drawn as complete before it is', () => {
  expect(filledOf(ringDots({ kind: 'stored', on: 19, of: 20 }))).toBeLessThan(12)
  expect(filledOf(ringDots({ kind: 'stored', on: 20, of: 20 }))).toBe(12)
})

test('dots do not touch', () => {
  for (const members of [2, 3, 7, 12]) {
    const [one, other] = ringDots({ kind: 'stored', on: 0, of: members })
    expect(Math.hypot(one!.x - other!.x, one!.y - other!.y)).toBeGreaterThan(one!.radius * 2 + STROKE)
  }
})
