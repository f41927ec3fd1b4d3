import { test } from 'node:test'
import type { ConversationId } from '@starling/client'
import { expect } from 'expect'
import { sampleAccountId } from '../../testing/sample-data.ts'
import type { ComposerOptions, Written } from './composer.ts'
import { createComposers } from './composers.ts'

const wendy = sampleAccountId('Wendy') as string as ConversationId
const jun = sampleAccountId('Jun') as string as ConversationId
const picture = { name: 'a.jpg', size: 3, type: '', arrayBuffer: async () => new ArrayBuffer(3) }

/** A chat as it is opened: what it saves, and what is to be answered to what it sends. */
function opened(draft = '') {
  const saved: string[] = []
  const sent: { readonly written: Written; readonly answer: (kept: boolean) => void }[] = []
  const options: ComposerOptions = {
    draft,
    save: (text) => saved.push(text),
    schedule: () => () => {},
    clean: async () => ({ bytes: new Uint8Array() }),
    send: (written) => new Promise((answer) => sent.push({ written, answer })),
  }
  return { saved, sent, options }
}

test('files that could not be sent after their chat was left are there again, and it is said', async () => {
  const composers = createComposers()
  const [first, second] = [opened(), opened('look')]
  const model = composers.open(wendy, first.options)
  model.type('look', 4)
  model.addFiles([picture])
  const sending = model.send()
  composers.leave(wendy, model)
  expect(composers.unsent.snapshot).toEqual([])
  first.sent[0]?.answer(false)
  await sending
  expect([composers.unsent.snapshot, first.saved.at(-1)]).toEqual([[wendy], 'look'])
  const again = composers.open(wendy, second.options)
  expect(again.snapshot).toMatchObject({ text: 'look', isUnsent: true, sendable: true })
  expect(again.snapshot.staged.files.map(({ name }) => name)).toEqual(['a.jpg'])
  expect(composers.unsent.snapshot).toEqual([])
  const retrying = again.send()
  expect(second.sent.map(({ written }) => written.files.length)).toEqual([1])
  second.sent[0]?.answer(true)
  await retrying
  expect(again.snapshot).toMatchObject({ text: '', isUnsent: false, staged: { files: [] } })
})

test('who comes back while files are on their way out sees how far they are, and is told by the composer alone', async () => {
  const composers = createComposers()
  const [first, second] = [opened(), opened()]
  const model = composers.open(wendy, first.options)
  model.addFiles([picture])
  const sending = model.send()
  composers.leave(wendy, model)
  const again = composers.open(wendy, second.options)
  expect(again.snapshot.sending).toEqual({ count: 1, part: 0 })
  again.type('meanwhile', 9)
  first.sent[0]?.answer(false)
  await sending
  expect(again.snapshot).toMatchObject({ text: 'meanwhile', isUnsent: false, sending: undefined })
  expect([again.snapshot.staged.files.length, composers.unsent.snapshot]).toEqual([1, []])
})

test('files that were only staged wait in their chat, with the draft as it is saved', () => {
  const composers = createComposers()
  const model = composers.open(wendy, opened('one').options)
  model.addFiles([picture])
  composers.leave(wendy, model)
  expect(composers.open(jun, opened().options).snapshot.staged.files).toEqual([])
  const again = composers.open(wendy, opened('from elsewhere').options)
  expect(again.snapshot).toMatchObject({ text: 'from elsewhere', isUnsent: false })
  expect(again.snapshot.staged.files.length).toBe(1)
})

test('a chat that was left with nothing but words begins with its draft', () => {
  const composers = createComposers()
  const model = composers.open(wendy, opened().options)
  model.type('hel', 3)
  composers.leave(wendy, model)
  const again = composers.open(wendy, opened('hel').options)
  expect(again === model).toBe(false)
  expect(again.snapshot.text).toBe('hel')
})
