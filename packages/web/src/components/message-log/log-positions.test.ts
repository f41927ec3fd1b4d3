import { test } from 'node:test'
import type { MessageId } from '@starling/client'
import { expect } from 'expect'
import { longConversation, sampleAccountId, sampleMessages, sampleNow } from '../../testing/sample-data.ts'
import { logItems } from './log-items.ts'
import { positionIn, startOf } from './log-positions.ts'

const messages = sampleMessages(longConversation(30), sampleAccountId('own'), sampleNow)
const whole = { messages, hasOlder: false }
const sixth = messages[5]?.id as MessageId

test('it begins at the first unread message, with what was read last above it', () => {
  const start = startOf(logItems({ ...whole, firstUnread: sixth }), { anchor: sixth, offset: 0 })
  expect(start).toEqual({ kind: 'row', key: 'new', at: 72 })
})

test('it begins where the reader was, if that is still there, else at the end', () => {
  const rows = logItems(whole)
  expect(startOf(rows, { anchor: sixth, offset: 12 })).toEqual({ kind: 'row', key: sixth, at: -12 })
  expect(startOf(rows, { anchor: 'gone' as MessageId, offset: 12 })).toEqual({ kind: 'end' })
  expect(startOf(rows, undefined)).toEqual({ kind: 'end' })
})

test('the place is that of the first message in view, not of a date', () => {
  const rows = logItems(whole)
  const [first] = messages
  const aboveView = (index: number) => 40 - 30 * index
  expect(rows[0]?.kind).toBe('day')
  const position = positionIn(rows, { view: () => ({ start: 0, end: 8 }), aboveView })
  expect(position).toEqual({ anchor: first?.id, offset: 10 })
  expect(startOf(rows, position)).toEqual({ kind: 'row', key: first?.id, at: -10 })
})

test('without a message there is no place', () => {
  expect(positionIn([], { view: () => ({ start: 0, end: 0 }), aboveView: () => 0 })).toBeUndefined()
})
