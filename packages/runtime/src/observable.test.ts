import { test } from 'node:test'
import { expect } from 'expect'
import { MutableObservable } from './observable.ts'

test('a listener hears the current value, then every other one, until it leaves', () => {
  const count = new MutableObservable(1)
  const heard: number[] = []
  const leave = count.subscribe((value) => heard.push(value))
  count.set(2)
  count.set(2)
  count.update((value) => value + 1)
  leave()
  leave()
  count.set(4)
  expect(heard).toEqual([1, 2, 3])
  expect(count.snapshot).toBe(4)
})

test('the same function can listen twice and leave once', () => {
  const count = new MutableObservable(0)
  let calls = 0
  const listener = () => {
    calls++
  }
  const leave = count.subscribe(listener)
  count.subscribe(listener)
  leave()
  count.set(1)
  expect(calls).toBe(3)
})

test('a listener that sets a value does not make others hear an old one last', () => {
  const count = new MutableObservable(0)
  const heard: number[] = []
  count.subscribe((value) => {
    if (value === 1) count.set(2)
  })
  count.subscribe((value) => heard.push(value))
  count.set(1)
  expect(heard).toEqual([0, 2])
})

test('a listener that another one removed hears nothing more', () => {
  const count = new MutableObservable(0)
  const heard: number[] = []
  let leave = () => {}
  count.subscribe((value) => {
    if (value === 1) leave()
  })
  leave = count.subscribe((value) => heard.push(value))
  count.set(1)
  expect(heard).toEqual([0])
})

test('a listener that joins meanwhile hears the new value once', () => {
  const count = new MutableObservable(0)
  const heard: number[] = []
  count.subscribe((value) => {
    if (value === 1) count.subscribe((late) => heard.push(late))
  })
  count.set(1)
  expect(heard).toEqual([1])
})
