import { test } from 'node:test'
import { type AccountId, mentionOf } from '@starling/client'
import { expect } from 'expect'
import { sampleAccountId } from '../../testing/sample-data.ts'
import { createComposer, type Written } from './composer.ts'
import type { ChosenFile } from './staged-files.ts'

const wendy = { account: sampleAccountId('Wendy') as AccountId, name: 'Wendy' }
const file = (name: string, size = 3): ChosenFile => ({
  name,
  size,
  type: '',
  arrayBuffer: async () => new ArrayBuffer(3),
})

function setUp(draft = '') {
  const saved: string[] = []
  const sent: Written[] = []
  let answer = Promise.withResolvers<boolean>()
  const model = createComposer({
    draft,
    save: (text) => saved.push(text),
    schedule: () => () => {},
    clean: async () => ({ bytes: new Uint8Array(0) }),
    send: (written) => {
      sent.push(written)
      answer = Promise.withResolvers()
      return answer.promise
    },
  })
  const type = (text: string) => model.type(text, text.length)
  return { model, saved, sent, type, answer: (kept: boolean) => answer.resolve(kept) }
}

test('a message is sent without the space around it, and leaves nothing behind', async () => {
  const { model, saved, sent, type, answer } = setUp('hel')
  type('  hello\n')
  const sending = model.send()
  expect(model.snapshot).toMatchObject({ text: '', sendable: false })
  answer(true)
  await sending
  expect(sent).toEqual([{ text: 'hello', files: [] }])
  expect(saved).toEqual([''])
})

test('nothing, only space, too much, or too large a file is not sent', async () => {
  const { model, sent, type } = setUp()
  for (const text of ['', ' \n ', 'x'.repeat(20_001)]) {
    type(text)
    expect(model.snapshot.sendable).toBe(false)
    await model.send()
  }
  type('with it')
  model.addFiles([file('large', 60_000_000)])
  expect(model.snapshot.sendable).toBe(false)
  await model.send()
  expect(sent).toEqual([])
  model.removeFile(model.snapshot.staged.files[0]!.key)
  expect(model.snapshot.sendable).toBe(true)
})

test('what could not be sent comes back, before what was written meanwhile, and is saved', async () => {
  const { model, saved, type, answer } = setUp()
  type('first')
  model.addFiles([file('a')])
  const sending = model.send()
  type('second')
  model.addFiles([file('b')])
  answer(false)
  await sending
  expect(model.snapshot.text).toBe('first\nsecond')
  expect(model.snapshot.staged.files.map(({ name }) => name)).toEqual(['a', 'b'])
  expect(saved.at(-1)).toBe('first\nsecond')
})

test('while files are on their way nothing else is sent, and they can be stopped', async () => {
  const { model, sent, type, answer } = setUp()
  model.addFiles([file('a'), file('b')])
  const sending = model.send()
  expect(model.snapshot.sending).toEqual({ count: 2, part: 0 })
  sent[0]?.onProgress?.(0.5)
  expect(model.snapshot.sending).toEqual({ count: 2, part: 0.5 })
  type('after them')
  expect(model.snapshot.sendable).toBe(false)
  await model.send()
  expect(sent.length).toBe(1)
  model.stopSending()
  expect(sent[0]?.signal?.aborted).toBe(true)
  answer(false)
  await sending
  expect(model.snapshot).toMatchObject({ sending: undefined, sendable: true })
})

test('@ finds people, one of whom is taken in its place and sent as their account', async () => {
  const { model, sent, type } = setUp()
  type('ask @we')
  expect(model.snapshot.found).toEqual([])
  model.setPeople([wendy])
  expect(model.snapshot).toMatchObject({ found: [wendy], chosen: 0 })
  expect(model.take(wendy)).toBe('ask @Wendy '.length)
  expect(model.snapshot).toMatchObject({ text: 'ask @Wendy ', found: [] })
  expect(model.take(wendy)).toBeUndefined()
  void model.send()
  expect(sent[0]?.text).toBe(`ask ${mentionOf(wendy.account)}`)
})

test('a list that was closed stays closed for that @, and opens for the next one', () => {
  const { model, type } = setUp()
  model.setPeople([wendy])
  type('@w')
  model.closeList()
  type('@we')
  expect(model.snapshot.found).toEqual([])
  type('@we and @w')
  expect(model.snapshot.found).toEqual([wendy])
  model.moveCursor(2)
  expect(model.snapshot.found).toEqual([wendy])
  model.moveCursor(-1)
  expect(model.snapshot.found).toEqual([])
})
