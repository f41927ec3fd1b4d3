import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { RowLayout } from './row-layout.ts'

const rowsOf = (count: number) => Array.from({ length: count }, (_, index) => ({ key: `row ${index}` }))

test('rows that were not measured are as tall as those that were, on average', () => {
  const layout = new RowLayout()
  layout.setRows(rowsOf(4))
  layout.measure(0, 99)
  layout.measure(1, 50)
  layout.measure(0, 30)
  expect(layout.topOf(2)).toBe(80)
  expect(layout.heightOf(3)).toBe(40)
  expect(layout.height).toBe(160)
})

test('a row keeps its height when it is elsewhere, or away for a while', () => {
  const layout = new RowLayout()
  layout.setRows(rowsOf(3))
  layout.measure(2, 77)
  layout.setRows(rowsOf(2))
  layout.setRows(rowsOf(3).reverse())
  expect(layout.heightOf(0)).toBe(77)
  expect(layout.indexOf('row 2')).toBe(0)
  expect(layout.indexOf('another')).toBe(-1)
})

test('says whether a row is as tall as it was', () => {
  const layout = new RowLayout()
  layout.setRows(rowsOf(1))
  expect([layout.measure(0, 20), layout.measure(0, 20), layout.measure(0, 21), layout.measure(9, 20)]).toEqual([
    true,
    false,
    true,
    false,
  ])
})

test('finds exactly the rows that touch what is between two distances', () => {
  const heights = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 30 })
  const property = fc.property(heights, fc.nat(4000), fc.nat(1000), (all, top, height) => {
    const layout = new RowLayout()
    layout.setRows(rowsOf(all.length))
    for (const [index, each] of all.entries()) layout.measure(index, each)
    const { start, end } = layout.rangeBetween(top, top + height)
    const touching = all.flatMap((each, index) => {
      const above = all.slice(0, index).reduce((sum, one) => sum + one, 0)
      return above + each > top && above <= top + height ? [index] : []
    })
    const expected = touching.length > 0 ? touching : [all.length - 1]
    expect([start, end]).toEqual([expected[0], (expected.at(-1) ?? 0) + 1])
  })
  fc.assert(property)
})

test('there is a range also where there are no rows', () => {
  const layout = new RowLayout()
  expect(layout.rangeBetween(0, 100)).toEqual({ start: 0, end: 0 })
  expect(layout.height).toBe(0)
})
