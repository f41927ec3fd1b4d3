import { test } from 'node:test'
import type { ConversationId, ConversationSummary, UnixMillis } from '@starling/client'
import { expect } from 'expect'
import { type NotificationContent, planNotifications, unreadCount } from './notifications.ts'

const words = { app: 'Starling', newMessage: 'New message', newRequest: 'New request', instead: () => undefined }
const nobody = { watching: false, open: undefined }

function chat(name: string, change: Partial<ConversationSummary> = {}): ConversationSummary {
  return {
    id: name as ConversationId,
    kind: 'contact',
    title: name,
    pinned: false,
    muted: false,
    blocked: false,
    markedUnread: false,
    unread: 0,
    draft: '',
    lastActivity: 0 as UnixMillis,
    typing: false,
    approvedMe: true,
    last: { direction: 'incoming', body: { kind: 'text', text: `from ${name}` }, sentAt: 0 as UnixMillis },
    ...change,
  }
}

function plan(before: ConversationSummary[] | undefined, after: ConversationSummary[], more: object = {}) {
  return planNotifications({ before, after, attention: nobody, content: 'nameAndText', words, ...more })
}

test('a new message shows with name and text, with the name, with neither, or not at all', () => {
  const shown = (content: NotificationContent) =>
    plan([chat('Bob')], [chat('Bob', { unread: 1 })], { content }).show.map(({ title, body }) => [title, body])
  expect(shown('nameAndText')).toEqual([['Bob', 'from Bob']])
  expect(shown('name')).toEqual([['Bob', 'New message']])
  expect(shown('nothing')).toEqual([['Starling', 'New message']])
  expect(shown('off')).toEqual([])
})

test('the chat that somebody looks at is quiet; the same chat behind another window is not', () => {
  const [before, after] = [[chat('Bob')], [chat('Bob', { unread: 1 }), chat('Carol')]]
  const open = 'Bob' as ConversationId
  expect(plan(before, after, { attention: { watching: true, open } }).show).toEqual([])
  expect(plan(before, after, { attention: { watching: false, open } }).show.length).toBe(1)
  expect(plan(before, after, { attention: { watching: true, open: 'Carol' } }).show.length).toBe(1)
})

test('what is unread at the start, own messages, and changes without a new message are no news', () => {
  expect(plan(undefined, [chat('Bob', { unread: 3 })])).toEqual({ show: [], close: [] })
  expect(plan([chat('Bob', { unread: 1 })], [chat('Bob', { unread: 1, typing: true })]).show).toEqual([])
  const last = { direction: 'outgoing', body: { kind: 'text', text: 'x' }, sentAt: 0 as UnixMillis } as const
  expect(plan([chat('Bob')], [chat('Bob', { unread: 1, last })]).show).toEqual([])
  expect(plan([chat('Bob')], [chat('Bob', { kind: 'noteToSelf', unread: 1 })]).show).toEqual([])
})

test('muted and blocked chats are silent', () => {
  for (const change of [{ muted: true }, { blocked: true }]) {
    expect(plan([chat('Bob', change)], [chat('Bob', { ...change, unread: 1 })]).show).toEqual([])
  }
})

test('a stranger shows once, without name and text', () => {
  const first = plan([], [chat('Mallory', { kind: 'request', unread: 1 })])
  expect(first.show.map(({ title, body }) => [title, body])).toEqual([['Starling', 'New request']])
  const [one, two] = [1, 2].map((unread) => [chat('Mallory', { kind: 'request', unread })])
  expect(plan(one, two!).show).toEqual([])
})

test('what was read here or on another device, or deleted, goes', () => {
  expect(plan([chat('Bob', { unread: 2 })], [chat('Bob')]).close).toEqual(['Bob'])
  expect(plan([chat('Bob', { unread: 2 })], []).close).toEqual(['Bob'])
  expect(plan([chat('Bob')], [chat('Bob')]).close).toEqual([])
})

test('hostile names and texts are one line, without controls, of bounded length', () => {
  const text = `\u202Eevil\n${'x'.repeat(500)}`
  const last = { direction: 'incoming', body: { kind: 'text', text }, sentAt: 0 as UnixMillis } as const
  const [shown] = plan([chat('Bob')], [chat('Bob', { title: '\u202EBob\n', unread: 1, last })]).show
  expect(shown?.title).toBe('Bob')
  expect(shown?.body).toBe(`evil ${'x'.repeat(195)}`)
})

test('what is no text is named instead', () => {
  const last = { direction: 'incoming', body: { kind: 'unsupported' }, sentAt: 0 as UnixMillis } as const
  const after = [chat('Bob', { unread: 1, last })]
  expect(plan([chat('Bob')], after).show[0]?.body).toBe('New message')
  expect(plan([chat('Bob')], after, { words: { ...words, instead: () => 'A picture' } }).show[0]?.body).toBe(
    'A picture',
  )
})

test('the badge counts what the title counts', () => {
  const list = [
    chat('Bob', { unread: 2 }),
    chat('Carol', { unread: 3 }),
    chat('Dave', { unread: 4, muted: true }),
    chat('Eve', { unread: 5, blocked: true }),
    chat('Mallory', { unread: 6, kind: 'request' }),
  ]
  expect(unreadCount(list)).toBe(5)
})
