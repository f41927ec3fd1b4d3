import { test } from 'node:test'
import { expect } from 'expect'
import { createStore } from '../state/store.ts'
import { createUpdates } from './updates.ts'

function world({ composing = false, hidden = false } = {}) {
  const done: string[] = []
  const timers: (() => void)[] = []
  const state = { composing: createStore(composing), hidden: createStore(hidden) }
  const updates = createUpdates({
    ...state,
    activate: () => done.push('activate'),
    reload: () => done.push('reload'),
    schedule: (run) => {
      timers.push(run)
      return () => void timers.splice(timers.indexOf(run), 1)
    },
  })
  return { ...updates, ...state, done, timers }
}

test('a version that is found is offered, and taken when it is accepted', () => {
  const { model, events, done } = world()
  events.found('0.2.0 (abc)', { atStart: false })
  expect(model.snapshot).toEqual({ kind: 'ready', version: '0.2.0 (abc)' })
  expect(done).toEqual([])
  model.accept()
  expect(done).toEqual(['activate'])
  events.tookOver()
  expect(done).toEqual(['activate', 'reload'])
})

test('what is being written is never interrupted', () => {
  const { model, events, composing, done } = world({ composing: true })
  events.found(undefined, { atStart: true })
  expect(model.snapshot.kind).toBe('ready')
  model.accept()
  expect(model.snapshot.kind).toBe('waiting')
  expect(done).toEqual([])
  composing.set(false)
  expect(done).toEqual(['activate'])
  composing.set(true)
  events.tookOver()
  expect(done).toEqual(['activate'])
  composing.set(false)
  expect(done).toEqual(['activate', 'reload'])
})

test('a tab where somebody writes waits when another tab has updated', () => {
  const { events, composing, done } = world({ composing: true })
  events.tookOver()
  expect(done).toEqual([])
  composing.set(false)
  expect(done).toEqual(['reload'])
})

test('a version that waited since before the start is taken at once', () => {
  const { events, done } = world()
  events.found(undefined, { atStart: true })
  expect(done).toEqual(['activate'])
})

test('a page that nobody looks at updates by itself after a while, unless there is a draft', () => {
  const { model, events, hidden, composing, timers, done } = world()
  events.found(undefined, { atStart: false })
  hidden.set(true)
  expect(timers.length).toBe(1)
  hidden.set(false)
  expect(timers.length).toBe(0)
  hidden.set(true)
  composing.set(true)
  timers[0]?.()
  expect(model.snapshot.kind).toBe('ready')
  composing.set(false)
  timers[0]?.()
  expect(done).toEqual(['activate'])
})
