import { test } from 'node:test'
import { expect } from 'expect'
import { FakeClient } from '../testing/fake-client.ts'
import { createApp, type RunningClient } from './app.ts'
import type { Leadership } from './leadership.ts'
import { createStore } from './store.ts'

function setUp() {
  const leadership = createStore<Leadership>('waiting')
  const events: string[] = []
  let tellBroken: (code: string) => void = () => {}
  let release: () => Promise<void> = async () => {}
  const app = createApp({
    lead: (letGo) => {
      release = letGo
      return Object.assign(leadership, { take: async () => leadership.set('leading') })
    },
    startClient: (onBroken): RunningClient => {
      events.push('started')
      tellBroken = onBroken
      return { client: new FakeClient(), stop: async () => void events.push('stopped') }
    },
  })
  return { app, leadership, events, break: (code: string) => tellBroken(code), release: () => release() }
}

test('the client starts when this tab leads and stops when it no longer does', async () => {
  const { app, leadership, events, release } = setUp()
  expect(app.snapshot.kind).toBe('starting')
  leadership.set('elsewhere')
  expect(app.snapshot.kind).toBe('elsewhere')
  await app.useHere()
  expect(app.snapshot.kind).toBe('running')
  leadership.set('elsewhere')
  await release()
  expect(app.snapshot.kind).toBe('elsewhere')
  expect(events).toEqual(['started', 'stopped'])
})

test('a worker that breaks is said, one that was stopped is not', async () => {
  const first = setUp()
  first.leadership.set('leading')
  first.break('network_file')
  expect(first.app.snapshot).toEqual({ kind: 'broken', code: 'network_file' })

  const second = setUp()
  second.leadership.set('leading')
  second.leadership.set('elsewhere')
  await second.release()
  second.break('worker_failed')
  expect(second.app.snapshot.kind).toBe('elsewhere')
})
