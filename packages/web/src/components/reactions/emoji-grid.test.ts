import { test } from 'node:test'
import { expect } from 'expect'
import { stepInGrid } from './emoji-grid.ts'

const step = (key: string, at: number, mirrored = false) => stepInGrid(key, { at, recent: 6, all: 20, mirrored })

test('arrows go along a row and from row to row, the first of which is shorter', () => {
  expect(step('ArrowRight', 5)).toBe(6)
  expect(step('ArrowDown', 2)).toBe(8)
  expect(step('ArrowDown', 8)).toBe(16)
  expect(step('ArrowUp', 16)).toBe(8)
  expect(step('ArrowUp', 13)).toBe(5)
  expect([step('Home', 9), step('End', 9)]).toEqual([0, 25])
})

test('nothing lies beyond the ends, and other keys are for others', () => {
  expect([step('ArrowUp', 3), step('ArrowLeft', 0), step('ArrowRight', 25), step('ArrowDown', 25)]).toEqual(
    Array(4).fill(undefined),
  )
  expect(step('a', 3)).toBeUndefined()
})

test('where lines run from right to left, so do the arrows', () => {
  expect([step('ArrowLeft', 1, true), step('ArrowRight', 1, true)]).toEqual([2, 0])
})
