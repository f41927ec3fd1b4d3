import { test } from 'node:test'
import type { HistorySnapshot, MessageId } from '@starling/client'
import { expect } from 'expect'
import { longConversation, sampleAccountId, sampleMessages, sampleNow } from '../../testing/sample-data.ts'
import { logItems } from './log-items.ts'
import { createLogReading, type Sight } from './log-reading.ts'

const messages = sampleMessages(longConversation(40), sampleAccountId('own'), sampleNow)
const whole: HistorySnapshot = { messages, hasOlder: false, hasNewer: false, unread: 0 }

function sightOf(changes: Partial<HistorySnapshot>, scroller: Partial<Sight['scroller']> = {}): Sight {
  const snapshot = { ...whole, ...changes }
  const view = () => ({ start: 10, end: 20 })
  const inTheMiddle = { fromStart: 5000, fromEnd: 5000, isAtEnd: false, view, aboveView: () => 7 }
  return { snapshot, rows: logItems(snapshot), scroller: { ...inTheMiddle, ...scroller } }
}

function reader(isSeen = true) {
  const calls: string[] = []
  let finish = (): void => {}
  const load = (which: string) => () => {
    calls.push(which)
    return new Promise<void>((resolve) => (finish = resolve))
  }
  const reading = createLogReading({
    onolder: load('older'),
    onnewer: load('newer'),
    onread: (upTo) => calls.push(`read ${upTo}`),
    onposition: (position) => calls.push(`at ${position === undefined ? 'the end' : position.anchor}`),
    isSeen: () => isSeen,
  })
  const done = async () => {
    finish()
    await new Promise(setImmediate)
  }
  const see = (value: boolean) => (isSeen = value)
  return { reading, calls, done, see }
}

test('more is loaded near an end that has more, once at a time', async () => {
  const { reading, calls } = reader()
  const near = sightOf({ hasOlder: true, hasNewer: true }, { fromStart: 1500, fromEnd: 1500 })
  reading.look(near)
  reading.look(near)
  expect(calls.filter((call) => call === 'older' || call === 'newer')).toEqual(['older', 'newer'])
  expect(reading.snapshot.loadsOlder).toBe(true)
})

test('after a page was loaded, the next one can be', async () => {
  const { reading, calls, done } = reader()
  const near = sightOf({ hasOlder: true }, { fromStart: 0 })
  reading.look(near)
  await done()
  expect(reading.snapshot.loadsOlder).toBe(false)
  reading.look(near)
  expect(calls.filter((call) => call === 'older')).toHaveLength(2)
})

test('nothing is loaded far from the ends, or where there is nothing more', () => {
  const { reading, calls } = reader()
  reading.look(sightOf({ hasOlder: true, hasNewer: true }))
  reading.look(sightOf({}, { fromStart: 0, fromEnd: 0 }))
  expect(calls.some((call) => call === 'older' || call === 'newer')).toBe(false)
})

test('the place is the first message in view, or the end of the conversation and of nothing less', () => {
  const { reading, calls } = reader()
  const middle = sightOf({})
  reading.look(middle)
  reading.look(sightOf({}, { isAtEnd: true }))
  reading.look(sightOf({ hasNewer: true }, { isAtEnd: true }))
  const first = middle.rows.find((row, index) => index >= 10 && row.kind === 'message')?.key
  expect(calls.filter((call) => call.startsWith('at '))).toEqual([`at ${first}`, 'at the end', `at ${first}`])
})

test('the lowest message in view is read as soon as somebody can see it', () => {
  const { reading, calls, see } = reader(false)
  const sight = sightOf({ unread: 3 })
  reading.look(sight)
  expect(calls.some((call) => call.startsWith('read'))).toBe(false)
  see(true)
  reading.lookAgain()
  const lowest = sight.rows.slice(0, 20).findLast((row) => row.kind === 'message')?.key as MessageId
  expect(calls).toContain(`read ${lowest}`)
})

test('it is a way to the end from some distance on, or when newer messages are not loaded', () => {
  const { reading } = reader()
  const isFar = (sight: Sight) => {
    reading.look(sight)
    return reading.snapshot.isFarFromEnd
  }
  expect(isFar(sightOf({}, { fromEnd: 300 }))).toBe(false)
  expect(isFar(sightOf({}, { fromEnd: 330 }))).toBe(true)
  expect(isFar(sightOf({ hasNewer: true }, { fromEnd: 0 }))).toBe(true)
})
