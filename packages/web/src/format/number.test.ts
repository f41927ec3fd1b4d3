import { test } from 'node:test'
import { expect } from 'expect'
import { countText, numberText, sizeText } from './number.ts'

test('numbers are grouped, and those of a badge end somewhere', () => {
  expect([numberText(12_345), countText(999, 999), countText(1000, 999)]).toEqual(['12,345', '999', '999+'])
})

test('sizes are said in the unit that suits them', () => {
  expect([0, 999, 1000, 12_440_000, 7e15].map(sizeText)).toEqual(['0 byte', '999 byte', '1 kB', '12.4 MB', '7,000 TB'])
})
