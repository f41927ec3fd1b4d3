import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { clampCrop, cropSquare, dragCrop, MOST_ZOOM, WHOLE } from './crop.ts'

const sizes = fc.record({ width: fc.integer({ min: 1, max: 8000 }), height: fc.integer({ min: 1, max: 8000 }) })
const parts = fc.double({ min: -3, max: 3, noNaN: true })
const crops = fc.record({ zoom: fc.double({ min: 0, max: 9, noNaN: true }), x: parts, y: parts })

test('the square always lies in the image', () => {
  const property = fc.property(sizes, crops, fc.integer(), fc.integer(), (size, wild, dx, dy) => {
    for (const crop of [clampCrop(size, wild), dragCrop(size, clampCrop(size, wild), { dx, dy, windowSide: 240 })]) {
      const { left, top, side } = cropSquare(size, crop)
      expect(left).toBeGreaterThan(-0.01)
      expect(top).toBeGreaterThan(-0.01)
      expect(left + side).toBeLessThan(size.width + 0.01)
      expect(top + side).toBeLessThan(size.height + 0.01)
      expect(side).toBeGreaterThan(0)
      expect(crop.zoom).toBeLessThanOrEqual(MOST_ZOOM)
    }
  })
  fc.assert(property)
})

test('at first it is the middle, as large as can be', () => {
  expect(cropSquare({ width: 400, height: 200 }, WHOLE)).toEqual({ left: 100, top: 0, side: 200 })
})

test('what is pulled to the right shows more of the left', () => {
  const size = { width: 400, height: 200 }
  const crop = dragCrop(size, WHOLE, { dx: 120, dy: 50, windowSide: 240 })
  expect(cropSquare(size, crop)).toEqual({ left: 0, top: 0, side: 200 })
  expect(cropSquare(size, dragCrop(size, WHOLE, { dx: -12, dy: 0, windowSide: 240 })).left).toBeCloseTo(110)
})
