import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { gridOf, pictureBox, shrunkSize } from './image-layout.ts'

test('a picture alone has the box of its proportions, within bounds, whatever its sender says', () => {
  expect(pictureBox({ width: 1600, height: 900 })).toEqual({ width: 320, height: 180 })
  expect(pictureBox({ width: 900, height: 1600 })).toEqual({ width: 191, height: 340 })
  expect(pictureBox({ width: 1, height: 1 })).toEqual({ width: 132, height: 96 })
  const side = fc.oneof(fc.double(), fc.integer(), fc.constant(undefined))
  fc.assert(
    fc.property(side, side, (width, height) => {
      const box = pictureBox({ ...(width !== undefined && { width }), ...(height !== undefined && { height }) })
      expect(box.width).toBeGreaterThanOrEqual(132)
      expect(box.width).toBeLessThanOrEqual(320)
      expect(box.height).toBeGreaterThanOrEqual(96)
      expect(box.height).toBeLessThanOrEqual(340)
    }),
  )
})

test('tiles fill whole rows of six columns, and the last one stands for the rest', () => {
  for (let count = 1; count <= 40; count++) {
    const { spans, more } = gridOf(count)
    expect(spans.length + more).toBe(count)
    expect(spans.reduce((sum, span) => sum + span, 0) % 6).toBe(0)
  }
  expect(gridOf(9)).toMatchObject({ more: 3 })
})

test('what is shown in a chat is never larger than it was, and never nothing', () => {
  expect(shrunkSize({ width: 4000, height: 3000 }, 1000)).toEqual({ width: 1000, height: 750 })
  expect(shrunkSize({ width: 40, height: 30 }, 1000)).toEqual({ width: 40, height: 30 })
  expect(shrunkSize({ width: 9000, height: 1 }, 1000)).toEqual({ width: 1000, height: 1 })
})
