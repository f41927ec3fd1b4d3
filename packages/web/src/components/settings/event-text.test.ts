import { test } from 'node:test'
import { type LoggedEvent, type UnixMillis, unixMillis } from '@starling/client'
import { expect } from 'expect'
import { eventLines, eventText, shownEvents } from './event-text.ts'

const event = (source: LoggedEvent['source'], kind: string, count = 1, at = 0): LoggedEvent => ({
  at: unixMillis(Date.UTC(2026, 10, 20) + at) as UnixMillis,
  source,
  kind,
  count,
})

test('every kind of event has words, and a kind that nobody knows has some, too', () => {
  const words = (kind: string) => eventText({ kind })
  expect(words('config.received')).toBe('Shared state arrived')
  expect(words('message.filed')).toBe('Messages')
  expect(words('message.deleted_everyone')).toBe(words('effect.unsendOwn'))
  expect(words('reaction.queued')).toBe(words('effect.reaction'))
  expect(words('receipt.read')).toBe('Receipts')
  expect(words('stranger.messages_dropped')).toBe('Left out')
  expect(words('of.a.later.version')).toBe('Something else')
})

test('what other devices did comes first and alone, until all is asked for', () => {
  const log = [event('thisDevice', 'message.queued'), event('otherDevice', 'config.received'), event('contact', 'x')]
  expect(shownEvents(log, false).map(({ kind }) => kind)).toEqual(['config.received'])
  expect(shownEvents(log, true).map(({ kind }) => kind)).toEqual(['x', 'config.received', 'message.queued'])
})

test('a copied log has times, sources, kinds and counts, and nothing else', () => {
  const log = [event('otherDevice', 'config.received', 3), event('contact', 'message.filed', 1, 1_000)]
  expect(eventLines(log)).toBe(
    '2026-11-20T00:00:00.000Z otherDevice config.received 3\n2026-11-20T00:00:01.000Z contact message.filed 1',
  )
})
