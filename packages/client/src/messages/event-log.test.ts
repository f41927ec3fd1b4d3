import { test } from 'node:test'
import { unixMillis } from '@starling/protocol'
import { expect } from 'expect'
import { EventLog } from './event-log.ts'

test('the same again counts, other things are lines, and the last 500 are kept', () => {
  let now = 0
  const log = new EventLog({ now: () => unixMillis(now) })
  log.note('contact', 'message.filed')
  now = 5
  log.note('contact', 'message.filed', 2)
  log.note('contact', 'message.ignored', 0)
  log.note('otherDevice', 'message.filed')
  expect(log.list.snapshot).toEqual([
    { at: 5, source: 'contact', kind: 'message.filed', count: 3 },
    { at: 5, source: 'otherDevice', kind: 'message.filed', count: 1 },
  ])
  for (let i = 0; i < 600; i++) log.note('contact', `kind ${i}`)
  expect(log.list.snapshot.length).toBe(500)
  expect(log.list.snapshot.at(-1)?.kind).toBe('kind 599')
})
