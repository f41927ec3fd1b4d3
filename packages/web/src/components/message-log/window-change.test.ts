import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { windowChange } from './window-change.ts'

const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => ({ key: `${from + index}` }))
const keys = (list: readonly { key: string }[]) => list.map(({ key }) => Number(key))

test('a window that gains older rows and drops newer ones changes one end at a time', () => {
  const change = windowChange(rows(100, 700), rows(50, 650))
  if (change.kind !== 'slide') throw new Error('replaced')
  expect(keys(change.afterEnd)).toEqual(keys(rows(100, 650)))
  expect(keys(change.afterStart)).toEqual(keys(rows(50, 650)))
})

test('a window that shares nothing is replaced', () => {
  expect(windowChange(rows(0, 10), rows(20, 30))).toEqual({ kind: 'replace', rows: rows(20, 30) })
})

test('for any two overlapping windows, the first step keeps the start and the second keeps the end', () => {
  const ranges = fc.array(fc.nat({ max: 60 }), { minLength: 4, maxLength: 4 })
  const property = fc.property(ranges, ([a, b, c, d]) => {
    const current = rows(Math.min(a!, b!), Math.max(a!, b!) + 1)
    const next = rows(Math.min(c!, d!), Math.max(c!, d!) + 1)
    const change = windowChange(current, next)
    if (change.kind === 'replace') return
    const [middle, done] = [keys(change.afterEnd), keys(change.afterStart)]
    const start = Math.min(middle.length, current.length)
    expect(middle.slice(0, start)).toEqual(keys(current).slice(0, start))
    const end = Math.min(middle.length, done.length)
    expect(done.slice(done.length - end)).toEqual(middle.slice(middle.length - end))
    expect(done).toEqual(keys(next))
  })
  fc.assert(property)
})
