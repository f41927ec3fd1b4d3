import { test } from 'node:test'
import type { AccountId, ConversationId, HistorySnapshot, MessageId, MessageView, UnixMillis } from '@starling/client'
import { expect } from 'expect'
import { plainMessage } from '../../testing/sample-data.ts'
import { arrivedSince, type LogItem, logItems } from './log-items.ts'

const ALICE = '05aa' as AccountId
const BOB = '05bb' as AccountId
const NOON = new Date(2025, 10, 20, 12).getTime()
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

function message(id: string, author: AccountId, offset: number): MessageView {
  return {
    id: id as MessageId,
    conversation: BOB as string as ConversationId,
    author,
    direction: author === ALICE ? 'outgoing' : 'incoming',
    body: { kind: 'text', text: id },
    ...plainMessage,
    sentAt: (NOON + offset) as UnixMillis,
  }
}

const snapshot = (messages: readonly MessageView[], more: Partial<HistorySnapshot> = {}): HistorySnapshot => ({
  messages,
  hasOlder: false,
  hasNewer: false,
  unread: 0,
  ...more,
})

const outline = (items: readonly LogItem[]) => items.map((item) => (item.kind === 'message' ? item.key : item.kind))

test('each day begins with its date', () => {
  const items = logItems(snapshot([message('a', ALICE, 0), message('b', BOB, DAY), message('c', BOB, DAY + 1)]))
  expect(outline(items)).toEqual(['day', 'a', 'day', 'b', 'c'])
})

test('the topmost message has no date while older ones are not loaded', () => {
  const items = logItems(snapshot([message('a', ALICE, 0)], { hasOlder: true }))
  expect(outline(items)).toEqual(['a'])
})

test('the divider stands before the first unread message, below its date', () => {
  const firstUnread = 'b' as MessageId
  const items = logItems(snapshot([message('a', BOB, 0), message('b', BOB, DAY)], { firstUnread }))
  expect(outline(items)).toEqual(['day', 'a', 'day', 'new', 'b'])
})

test('messages of one author within five minutes form a run', () => {
  const messages = [
    message('a', ALICE, 0),
    message('b', ALICE, MINUTE),
    message('c', ALICE, 7 * MINUTE),
    message('d', BOB, 7 * MINUTE),
  ]
  const places = logItems(snapshot(messages)).flatMap((item) => (item.kind === 'message' ? [item.place] : []))
  expect(places).toEqual([
    { first: true, last: false },
    { first: false, last: true },
    { first: true, last: true },
    { first: true, last: true },
  ])
})

test('the divider ends a run', () => {
  const messages = [message('a', BOB, 0), message('b', BOB, 1)]
  const items = logItems(snapshot(messages, { firstUnread: 'b' as MessageId }))
  expect(items.flatMap((item) => (item.kind === 'message' ? [item.place.last] : []))).toEqual([true, true])
})

test('messages of others that appear at the end are announced, own ones and loaded ones are not', () => {
  const [a, b, c] = [message('a', BOB, 0), message('b', BOB, 1), message('c', ALICE, 2)]
  expect(arrivedSince(snapshot([a!]), snapshot([a!, b!, c!]), ALICE)).toEqual([b])
  expect(arrivedSince(snapshot([]), snapshot([b!]), ALICE)).toEqual([b])
  expect(arrivedSince(snapshot([b!]), snapshot([a!, b!]), ALICE)).toEqual([])
  expect(arrivedSince(snapshot([a!], { hasNewer: true }), snapshot([a!, b!]), ALICE)).toEqual([])
  expect(arrivedSince(snapshot([c!]), snapshot([a!, b!]), ALICE)).toEqual([])
})

test('the row of a message that did not change is the same as before, unless its neighbours changed its place', () => {
  const messages = [message('a', ALICE, 0), message('b', ALICE, 1), message('c', ALICE, 2)]
  const before = logItems(snapshot(messages))
  const after = logItems(snapshot([...messages, message('d', ALICE, 3)]))
  expect(after.map((row, index) => row === before[index]).slice(1)).toEqual([true, true, false, false])
})
