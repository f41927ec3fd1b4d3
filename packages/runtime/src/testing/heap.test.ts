import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { Heap } from './heap.ts'

test('gives the items back in order, whatever was removed between', () => {
  const property = fc.property(fc.array(fc.integer()), fc.array(fc.integer()), (first, second) => {
    const heap = new Heap<number>((a, b) => a - b)
    for (const item of first) heap.push(item)
    heap.keep((item) => item % 3 !== 0)
    const kept = first.filter((item) => item % 3 !== 0).sort((a, b) => a - b)
    expect(heap.peek()).toBe(kept[0])
    expect(heap.pop()).toBe(kept.shift())
    for (const item of second) heap.push(item)
    const expected = [...kept, ...second].sort((a, b) => a - b)
    expect(heap.size).toBe(expected.length)
    expect(Array.from(expected, () => heap.pop())).toEqual(expected)
    expect(heap.pop()).toBe(undefined)
  })
  fc.assert(property)
})
