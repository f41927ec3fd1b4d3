import { test } from 'node:test'
import type { ConversationId, ConversationSummary } from '@starling/client'
import { expect } from 'expect'
import { FakeClient, type FakeClientOptions } from '../../testing/fake-client.ts'
import { manyConversations, sampleAccountId } from '../../testing/sample-data.ts'
import { chatActions, createConversationList } from './conversation-list.ts'
import { previewOf, rowState } from './row-text.ts'

const id = (name: string) => sampleAccountId(name) as string as ConversationId

function setUp(options: FakeClientOptions = {}) {
  const client = new FakeClient(options)
  const list = createConversationList(client)
  const titles = () => list.snapshot.shown.map(({ title }) => title)
  const find = (name: string): ConversationSummary =>
    client.conversations.snapshot.find((chat) => chat.id === id(name))!
  return { client, list, titles, find }
}

test('chats stand pinned first, then by last activity; requests stand apart', () => {
  const { list, titles } = setUp()
  expect(titles().slice(0, 4)).toEqual(['Wendy', 'Murmuration', 'Dave', 'Note to Self'])
  expect(titles()).not.toContain('Grace')
  expect(list.snapshot.requests).toBe(2)
  list.setSection('requests')
  expect(titles()).toEqual(['Grace', 'Lucky Winner'])
})

test('pinning and unpinning moves a chat', async () => {
  const { list, titles } = setUp()
  await list.act(id('Jun'), 'pin')
  expect(titles().slice(0, 2)).toEqual(['Wendy', 'Jun'])
  await list.act(id('Wendy'), 'unpin')
  expect(titles()[0]).toBe('Jun')
})

test('unread messages of muted and blocked chats and of requests are not counted', async () => {
  const { list } = setUp()
  expect(list.snapshot.unread).toBe(2 + 4)
  await list.act(id('Oluwaseun'), 'unmute')
  expect(list.snapshot.unread).toBe(2 + 4 + 12)
})

test('the filter ignores case and accents, and finds Note to Self', () => {
  const { list, titles } = setUp()
  list.setQuery('  WENDÝ ')
  expect(titles()).toEqual(['Wendy'])
  list.setQuery('note')
  expect(titles()).toEqual(['Note to Self'])
  list.setQuery('nobody at all')
  expect(list.snapshot).toMatchObject({ shown: [], empty: false })
})

test('the menu offers what changes something', () => {
  const { find } = setUp()
  expect(chatActions(find('Wendy'))).toEqual(['unpin', 'mute', 'markRead', 'block', 'delete'])
  expect(chatActions(find('Mallory'))).toEqual(['pin', 'mute', 'markUnread', 'unblock', 'delete'])
  expect(chatActions(find('Grace'))).toEqual(['accept', 'block', 'delete'])
})

test('every action reaches the client', async () => {
  const { list, find, titles } = setUp()
  await list.act(id('Grace'), 'accept')
  expect(titles()).toContain('Grace')
  await list.act(id('Jun'), 'mute')
  await list.act(id('Jun'), 'markUnread')
  await list.act(id('Jun'), 'block')
  expect(find('Jun')).toMatchObject({ muted: true, markedUnread: true, blocked: true })
  await list.act(id('Jun'), 'markRead')
  await list.act(id('Wendy'), 'markRead')
  expect(find('Wendy').unread).toBe(0)
  await list.act(id('Jun'), 'unblock')
  expect(find('Jun')).toMatchObject({ markedUnread: false, blocked: false })
  await list.act(id('Jun'), 'delete')
  expect(titles()).not.toContain('Jun')
})

test('an action that fails is said until the next one', async () => {
  const { list } = setUp({ failing: { updateConversation: 'store_unavailable' } })
  expect(await list.act(id('Jun'), 'mute')).toBe(false)
  expect(list.snapshot.actionFailed).toBe(true)
  expect(await list.act(id('Jun'), 'delete')).toBe(true)
  expect(list.snapshot.actionFailed).toBe(false)
})

const { nameOf } = createConversationList(new FakeClient())

test('previews: draft before message, own ones marked, hostile text on one line', () => {
  const { find } = setUp()
  expect(previewOf(find('Dave'), nameOf)).toEqual({ kind: 'draft', lead: 'Draft:', text: 'about Thursday' })
  expect(previewOf(find('Jun'), nameOf)).toEqual({ kind: 'text', lead: 'You:', text: 'safe travels' })
  expect(previewOf(find('Mallory'), nameOf)).toEqual({ kind: 'quiet', text: 'Blocked' })
  const hostile = { ...find('Wendy'), last: { ...find('Wendy').last!, direction: 'incoming' as const } }
  const body = { kind: 'text' as const, text: 'a\n\n\u202eb' }
  expect(previewOf({ ...hostile, last: { ...hostile.last, body } }, nameOf).text).toBe('a b')
  const naming = { kind: 'text' as const, text: `ask @${sampleAccountId('You')}` }
  expect(previewOf({ ...hostile, last: { ...hostile.last, body: naming } }, nameOf).text).toBe('ask @You')
  expect(previewOf({ ...hostile, typing: true }, nameOf)).toEqual({ kind: 'typing', text: 'typing…' })
  const { last: _, ...silent } = find('Wendy')
  expect(previewOf(silent, nameOf).text).toBe('No messages yet')
})

test('only an own message that is not safely away shows a state', () => {
  const { find } = setUp()
  expect(rowState(find('Wendy'))).toBeUndefined()
  expect(rowState(find('Priya'))).toEqual({ kind: 'waiting', label: 'Waiting for network' })
})

test('an account with nothing but Note to Self is alone', () => {
  expect(setUp().list.snapshot.alone).toBe(false)
  const note = { name: 'Note to Self', kind: 'noteToSelf', messages: [] } as const
  expect(setUp({ conversations: [note] }).list.snapshot).toMatchObject({ alone: true, empty: false })
})

test('Note to Self is begun on demand', async () => {
  const { client, list } = setUp({ conversations: [] })
  expect(list.snapshot.hasNote).toBe(false)
  expect(await list.startNote(sampleAccountId('You'))).toBe(sampleAccountId('You'))
  expect(client.conversations.snapshot).toMatchObject([{ kind: 'noteToSelf' }])
  expect(list.snapshot.hasNote).toBe(true)
  const failing = setUp({ failing: { startConversation: 'store_unavailable' } })
  expect(await failing.list.startNote(sampleAccountId('You'))).toBeUndefined()
  expect(failing.list.snapshot.actionFailed).toBe(true)
})

test('five thousand chats are filtered within a frame', () => {
  const { list } = setUp({ conversations: manyConversations(5_000) })
  const start = performance.now()
  list.setQuery('alice 4')
  expect(list.snapshot.shown.length).toBeGreaterThan(100)
  expect(performance.now() - start).toBeLessThan(200) // a frame is 16 ms; the rest is room for a busy machine
})
