import { test } from 'node:test'
import { expect } from 'expect'
import { createDraft } from './draft.ts'

function setUp(saved = '') {
  const writes: string[] = []
  let due: (() => void) | undefined
  const draft = createDraft({
    saved,
    save: (text) => writes.push(text),
    schedule: (run) => {
      due = run
      return () => {
        if (due === run) due = undefined
      }
    },
  })
  return { draft, writes, pause: () => due?.() }
}

test('typing saves once, after a pause', () => {
  const { draft, writes, pause } = setUp()
  for (const text of ['h', 'he', 'hey']) draft.change(text)
  expect(writes).toEqual([])
  pause()
  expect(writes).toEqual(['hey'])
})

test('leaving the chat saves at once, and the pause saves nothing more', () => {
  const { draft, writes, pause } = setUp()
  draft.change('almost')
  draft.flush()
  pause()
  draft.flush()
  expect(writes).toEqual(['almost'])
})

test('text that is back at what was saved is not written again', () => {
  const { draft, writes } = setUp('kept')
  draft.change('kept!')
  draft.change('kept')
  draft.flush()
  expect(writes).toEqual([])
})

test('sending clears the saved draft', () => {
  const { draft, writes, pause } = setUp('to be sent')
  draft.clear()
  pause()
  expect(writes).toEqual([''])
})
