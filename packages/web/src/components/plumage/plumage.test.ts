import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { plumage } from './plumage.ts'

const accountIds = fc.stringMatching(/^05[0-9a-f]{64}$/)

test('the same account always has the same plumage', () => {
  fc.assert(fc.property(accountIds, (id) => expect(plumage(id)).toEqual(plumage(id))))
})

test('two accounts differ in hue or in speckles', () => {
  const property = fc.property(accountIds, accountIds, (one, other) => {
    fc.pre(one !== other)
    expect(plumage(one)).not.toEqual(plumage(other))
  })
  fc.assert(property)
})

test('IDs that differ in one digit share neither their ground nor a speckle', () => {
  const property = fc.property(accountIds, fc.integer({ min: 2, max: 65 }), (id, index) => {
    const digit = id[index] === '0' ? '1' : '0'
    const similar = plumage(id.slice(0, index) + digit + id.slice(index + 1))
    const drawn = plumage(id)
    const speckles = new Set(specklesOf(drawn))
    const shared = specklesOf(similar).filter((speckle) => speckles.has(speckle))
    expect(shared).toEqual([])
    expect(similar.ground).not.toEqual(drawn.ground)
  })
  fc.assert(property)
})

test('hues are spread over the whole circle', () => {
  const sectors = new Set<number>()
  for (let i = 0; i < 400; i++) sectors.add(Math.floor(hueOf(plumage(`05${i}`).ground.from) / 30))
  expect(sectors.size).toBe(12)
})

test('every speckle lies inside the roundel', () => {
  const property = fc.property(accountIds, (id) => {
    for (const speckle of specklesOf(plumage(id))) {
      for (const [, x, y] of speckle.matchAll(/[ML]([\d.-]+) ([\d.-]+)/g)) {
        expect(Math.hypot(Number(x) - 50, Number(y) - 50)).toBeLessThan(53)
      }
    }
  })
  fc.assert(property)
})

const specklesOf = (drawing: ReturnType<typeof plumage>): string[] =>
  drawing.layers.flatMap((layer) => layer.path.split('Z').filter((part) => part !== ''))

const hueOf = (color: string): number => Number(/^hsl\((\d+) /.exec(color)?.[1])
