import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { type Frame, fit, MOST_ZOOM, panBy, toggleZoom, WHOLE, type Zoom, zoomBy } from './zoom.ts'

const frame: Frame = { fitted: { width: 800, height: 600 }, window: { width: 1000, height: 600 } }

test('a picture fits the window and is never blown up', () => {
  expect(fit({ width: 4000, height: 1000 }, frame.window)).toEqual({ width: 1000, height: 250 })
  expect(fit({ width: 40, height: 30 }, frame.window)).toEqual({ width: 40, height: 30 })
})

test('what is under the pointer stays there', () => {
  const at = { x: 100, y: -50 }
  const zoom = zoomBy(frame, zoomBy(frame, WHOLE, 3), 2, at)
  expect([zoom.scale, zoom.x, zoom.y]).toEqual([6, -100, 50])
})

test('a double click makes it larger there, another one shows all of it', () => {
  const larger = toggleZoom(frame, WHOLE, { x: 300, y: 0 })
  expect(larger).toMatchObject({ scale: 2.5, x: -450 })
  expect(toggleZoom(frame, larger, { x: 0, y: 0 })).toEqual(WHOLE)
})

test('however it is pulled, no edge comes further in than the window, and the whole stands in the middle', () => {
  const number = fc.double({ min: -5000, max: 5000, noNaN: true })
  const factor = fc.double({ min: 0.05, max: 20, noNaN: true })
  const step = fc.record({ factor, x: number, y: number })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      let zoom: Zoom = WHOLE
      for (const { factor, x, y } of steps) zoom = panBy(frame, zoomBy(frame, zoom, factor, { x, y }), { x: y, y: x })
      expect(zoom.scale).toBeGreaterThanOrEqual(1)
      expect(zoom.scale).toBeLessThanOrEqual(MOST_ZOOM)
      expect(Math.abs(zoom.x)).toBeLessThanOrEqual(Math.max(0, (800 * zoom.scale - 1000) / 2) + 1e-6)
      expect(Math.abs(zoom.y)).toBeLessThanOrEqual(Math.max(0, (600 * zoom.scale - 600) / 2) + 1e-6)
      const back = zoomBy(frame, zoom, 0.01)
      expect([back.scale, Math.abs(back.x), Math.abs(back.y)]).toEqual([1, 0, 0])
    }),
  )
})
