import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { applyListDelta, isSame, listDelta } from './list-delta.ts'

const entry = fc.record({ id: fc.stringMatching(/^[a-f]$/), value: fc.jsonValue() })
const list = fc.uniqueArray(entry, { selector: ({ id }) => id })

test('a delta makes the list after of the list before, with the same objects for what is unchanged', () => {
  fc.assert(
    fc.property(list, list, (before, after) => {
      const copy = structuredClone(after)
      const delta = structuredClone(listDelta(before, copy))
      const result = applyListDelta(before, delta)
      expect(result).toEqual(after)
      for (const value of result ?? []) {
        const had = before.find(({ id }) => id === value.id)
        if (had !== undefined && isSame(had, value)) expect(value).toBe(had)
      }
    }),
  )
})

test('values are the same only if all of them is', () => {
  const bytes = Uint8Array.of(1, 2)
  expect(isSame({ a: [1, { b: bytes }] }, { a: [1, { b: Uint8Array.of(1, 2) }] })).toBe(true)
  for (const [one, other] of [
    [{ a: 1 }, { a: 1, b: undefined }],
    [{ a: undefined }, { b: undefined }],
    [[1], { 0: 1 }],
    [bytes, [1, 2]],
    [bytes, Uint8Array.of(1, 3)],
    [null, {}],
    ['1', 1],
  ])
    expect(isSame(one, other)).toBe(false)
})

test('a delta of another list is refused', () => {
  expect(applyListDelta([], [0])).toBe(undefined)
  expect(applyListDelta([{ id: 'a' }], [-1])).toBe(undefined)
})
