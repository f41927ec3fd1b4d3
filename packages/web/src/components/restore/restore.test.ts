import { test } from 'node:test'
import { RecoveryPhraseError } from '@starling/client'
import { expect } from 'expect'
import { FakeClient, fakePhrase } from '../../testing/fake-client.ts'
import { createRestore } from './restore.ts'

const setUp = () => {
  const client = new FakeClient({ session: { kind: 'noAccount' } })
  return { client, model: createRestore(client) }
}

test('a pasted phrase is complete, whatever stands between its words', () => {
  const { model } = setUp()
  model.setText(`\n${fakePhrase.toUpperCase().replaceAll(' ', ' \n')}`)
  expect(model.snapshot).toMatchObject({ complete: true, problem: undefined, progress: 'All words fit together.' })
})

test('a word is judged when it is finished, and suggestions complete it', () => {
  const { model } = setUp()
  model.setText('fi')
  expect(model.snapshot).toMatchObject({ words: [{ text: 'fi', state: 'typing' }], problem: undefined })
  const [first] = model.snapshot.suggestions
  expect(first?.startsWith('fi')).toBe(true)
  model.complete(first ?? '')
  expect(model.snapshot.text).toBe(`${first} `)
  expect(model.snapshot.words).toEqual([{ text: first, state: 'right' }])
  model.setText('fizzle qqq fancy')
  expect(model.snapshot.words.map(({ state }) => state)).toEqual(['right', 'wrong', 'right'])
  expect(model.snapshot.problem).toContain('“qqq” (word 2)')
})

test('a wrong checksum and too many words are said plainly', () => {
  const { model } = setUp()
  model.setText(fakePhrase.replace('fizzle fancy', 'fancy fizzle'))
  expect(model.snapshot.complete).toBe(false)
  expect(model.snapshot.problem).toContain('do not belong together')
  model.setText(`${fakePhrase} fancy`)
  expect(model.snapshot.problem).toContain('more than 13')
})

test('the phrase is handed over once and forgotten', async () => {
  const { client, model } = setUp()
  await model.restore()
  expect(client.session.snapshot.kind).toBe('noAccount')
  model.setText(fakePhrase)
  await model.restore()
  expect(client.session.snapshot.kind).toBe('needsName')
  expect(model.snapshot.text).toBe('')
})

test('what the client refuses is said in words, and the phrase stays', async () => {
  const { client, model } = setUp()
  client.restoreAccount = () => Promise.reject(new RecoveryPhraseError('unknown_word', { wordIndex: 2 }))
  model.setText(fakePhrase)
  await model.restore()
  expect(model.snapshot).toMatchObject({ text: fakePhrase, busy: false })
  expect(model.snapshot.problem).toContain('Word 3')
})
