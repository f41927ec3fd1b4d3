import { test } from 'node:test'
import { expect } from 'expect'
import { longConversation, sampleAccountId, sampleMessages, sampleNow } from '../../testing/sample-data.ts'
import { createSelection, selectedText } from './selection.ts'

const messages = sampleMessages(longConversation(6), sampleAccountId('You'), sampleNow)

function select() {
  const selection = createSelection()
  const places = () => messages.flatMap(({ id }, index) => (selection.snapshot?.has(id) ? index : []))
  return { selection, places }
}

test('messages are picked one by one, in a row, and let go of', () => {
  const { selection, places } = select()
  expect(selection.snapshot).toBeUndefined()
  selection.begin()
  expect(selection.snapshot?.size).toBe(0)
  selection.toggle(messages[1]!)
  selection.extendTo(messages[3]!, messages)
  expect(places()).toEqual([1, 2, 3])
  selection.toggle(messages[2]!)
  expect(places()).toEqual([1, 3])
  selection.extendTo(messages[0]!, messages)
  expect(places()).toEqual([0, 1, 2, 3])
  selection.end()
  expect(selection.snapshot).toBeUndefined()
})

test('a row from a message that has left the window is the other end alone', () => {
  const { selection, places } = select()
  selection.begin(messages[0])
  selection.extendTo(messages[4]!, messages.slice(2))
  expect(places()).toEqual([0, 4])
})

test('what is selected is copied oldest first, with names if it is more than one', () => {
  const { selection } = select()
  selection.begin(messages[1])
  const nameOf = ({ direction }: { direction: string }) => (direction === 'outgoing' ? 'You' : 'Alice')
  expect(selectedText(selection.snapshot, nameOf)).toMatch(/^Thousands of them/)
  selection.toggle(messages[0]!)
  expect(selectedText(selection.snapshot, nameOf)).toMatch(/^Alice:\nDid you see.*\n\nYou:\nThousands/)
})
