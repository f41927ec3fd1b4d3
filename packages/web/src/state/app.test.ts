import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { expect } from 'expect'
import { FakeClient } from '../testing/fake-client.ts'
import { sampleAccountId } from '../testing/sample-data.ts'
import { createAccounts } from './accounts.ts'
import { createApp, type RunningClient } from './app.ts'

const alice = { accountId: sampleAccountId('Alice'), displayName: 'Alice', phraseConfirmed: true }

function setUp() {
  const accounts = createAccounts(undefined)
  const events: string[] = []
  let tellBroken: (code: string) => void = () => {}
  const app = createApp({
    accounts,
    startClient: (slot, onBroken): RunningClient => {
      events.push(`started ${slot}`)
      tellBroken = onBroken
      return { client: new FakeClient(), stop: async () => void events.push(`stopped ${slot}`) }
    },
  })
  return { app, accounts, events, break: (code: string) => tellBroken(code) }
}

test('the client of the open account runs from the start', () => {
  const { app, events } = setUp()
  expect(app.snapshot.kind).toBe('running')
  expect(events).toEqual(['started starling'])
})

test('a worker that breaks is said, one that was stopped is not', async () => {
  const first = setUp()
  first.break('network_file')
  expect(first.app.snapshot).toEqual({ kind: 'broken', code: 'network_file' })

  const second = setUp()
  const breakFirstWorker = second.break
  second.accounts.remember(alice, false)
  second.accounts.add()
  breakFirstWorker('worker_failed')
  expect(second.app.snapshot.kind).toBe('starting')
})

test('another account is another client, after the first one has ended', async () => {
  const { app, accounts, events } = setUp()
  accounts.remember(alice, false)
  accounts.add()
  expect(app.snapshot.kind).toBe('starting')
  accounts.open('starling')
  accounts.add()
  await setImmediate()
  expect(app.snapshot.kind).toBe('running')
  expect(events).toEqual(['started starling', 'stopped starling', 'started starling-2'])
})
