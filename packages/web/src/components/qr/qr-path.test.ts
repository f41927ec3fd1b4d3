import { test } from 'node:test'
import { expect } from 'expect'
import decodeQR from 'qr/decode.js'
import { qrPath } from './qr-path.ts'

test('what is drawn can be scanned', () => {
  for (const text of [`starling:05${'a1b2c3d4'.repeat(8)}`, `https://example.org/#/add/05${'00'.repeat(32)}`]) {
    expect(decodeQR(rasterise(qrPath(text), 6))).toBe(text)
  }
})

test('a quiet zone of three modules stands around the code', () => {
  const { path, size } = qrPath('starling')
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
    expect(Number(x)).toBeGreaterThanOrEqual(3)
    expect(Number(x) + Number(width)).toBeLessThanOrEqual(size - 3)
    expect(Number(y)).toBeGreaterThanOrEqual(3)
  }
})

function rasterise({ path, size }: ReturnType<typeof qrPath>, scale: number) {
  const side = size * scale
  const data = new Uint8ClampedArray(side * side * 4).fill(255)
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)/g)) {
    for (let row = Number(y) * scale; row < (Number(y) + 1) * scale; row++) {
      for (let column = Number(x) * scale; column < (Number(x) + Number(width)) * scale; column++) {
        data.fill(0, (row * side + column) * 4, (row * side + column) * 4 + 3)
      }
    }
  }
  return { width: side, height: side, data }
}
