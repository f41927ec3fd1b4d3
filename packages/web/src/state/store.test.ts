import { test } from 'node:test'
import { expect } from 'expect'
import { createStore, derive } from './store.ts'

test('a listener hears the value now, every other value, and nothing after it stopped', () => {
  const store = createStore(1)
  const heard: number[] = []
  const stop = store.subscribe((value) => heard.push(value))
  store.set(2)
  store.set(2)
  store.update((value) => value + 1)
  stop()
  store.set(4)
  expect(heard).toEqual([1, 2, 3])
})

test('a derived value is computed once per source value and told only when it differs', () => {
  const store = createStore(1)
  let computed = 0
  const parity = derive(store, (value) => {
    computed++
    return value % 2
  })
  const heard: number[] = []
  parity.subscribe((value) => heard.push(value))
  store.set(3)
  store.set(4)
  expect(parity.snapshot).toBe(0)
  expect(heard).toEqual([1, 0])
  expect(computed).toBe(3)
})
