import { test } from 'node:test'
import type { ConversationId } from '@starling/client'
import { expect } from 'expect'
import { createStore } from '../../state/store.ts'
import { FakeClient } from '../../testing/fake-client.ts'
import { sampleAccountId, sampleNow } from '../../testing/sample-data.ts'
import { isMutedAt, muteChange } from '../mute/mute.ts'
import { createConversationList } from './conversation-list.ts'
import { knownPeople } from './known-people.ts'

const idOf = (name: string) => sampleAccountId(name) as string as ConversationId

test('strangers are out of sight as long as a person wants it so', () => {
  const client = new FakeClient()
  const strangers = createStore<'shown' | 'hidden'>('shown')
  const people = knownPeople(client.conversations, strangers)
  const names = () => people.snapshot.map(({ title }) => title)
  expect(names()).toContain('Grace')
  strangers.set('hidden')
  expect(names()).not.toContain('Grace')
  expect(names()).toContain('Wendy')
  client.receive(idOf('Grace'), 'hello?')
  expect(names()).not.toContain('Grace')
  strangers.set('shown')
  expect(names()).toContain('Grace')
})

test('a list without strangers counts no requests', () => {
  const client = new FakeClient()
  const people = knownPeople(client.conversations, createStore<'shown' | 'hidden'>('hidden'))
  const list = createConversationList(Object.assign(Object.create(client), { conversations: people }))
  expect(list.snapshot.requests).toBe(0)
  list.setSection('requests')
  expect(list.snapshot.shown).toEqual([])
})

test('a chat is muted for a while or for good, and a failure is said', async () => {
  const client = new FakeClient()
  const list = createConversationList(client)
  const jun = () => client.conversations.snapshot.find(({ id }) => id === idOf('Jun'))!
  expect(await list.change(idOf('Jun'), muteChange('hour', sampleNow))).toBe(true)
  expect([isMutedAt(jun(), sampleNow), jun().mutedUntil]).toEqual([true, sampleNow + 3_600_000])
  await list.change(idOf('Jun'), muteChange('always', sampleNow))
  expect([jun().muted, jun().mutedUntil]).toEqual([true, undefined])
  await list.act(idOf('Jun'), 'unmute')
  expect(jun().muted).toBe(false)
  const failing = createConversationList(new FakeClient({ failing: { updateConversation: 'io' } }))
  expect(await failing.change(idOf('Jun'), { muted: true })).toBe(false)
  expect(failing.snapshot.actionFailed).toBe(true)
})
