import { test } from 'node:test'
import { MalformedInputError, millis, parseAccountId, parseDisplayName, RecoveryPhraseError } from '@starling/protocol'
import { TimeoutError } from '@starling/runtime'
import { expect } from 'expect'
import { explain } from './explain.ts'

function thrownBy(fn: () => unknown): unknown {
  try {
    fn()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

test('a wrong word of a recovery phrase is named by its place, never printed', () => {
  const { sentences, exitCode } = explain(new RecoveryPhraseError('unknown_word', { wordIndex: 3, word: 'sesame' }))
  expect(sentences).toContain('Word 4')
  expect(sentences).not.toContain('sesame')
  expect(exitCode).toBe(2)
})

test('wrong account IDs, names and texts are wrong use', () => {
  for (const error of [
    thrownBy(() => parseAccountId('05')),
    thrownBy(() => parseAccountId('x'.repeat(66))),
    thrownBy(() => parseAccountId('15'.padEnd(66, 'a'))),
    thrownBy(() => parseDisplayName(' ')),
    thrownBy(() => parseDisplayName('a'.repeat(101))),
    new MalformedInputError('message_text', 'empty'),
  ]) {
    expect(explain(error)).toMatchObject({ exitCode: 2, sentences: expect.stringMatching(/\.$/) })
  }
})

test('errors of the system are told by their code, everything else without its text', () => {
  const full = Object.assign(new Error('ENOSPC: no space left, write /home/alice/x'), { code: 'ENOSPC' })
  expect(explain(full)).toMatchObject({ exitCode: 1, sentences: expect.stringContaining('ENOSPC') })
  expect(explain(full).sentences).not.toContain('alice')
  expect(explain(new TypeError('alice')).sentences).not.toContain('alice')
  expect(explain(new TimeoutError(millis(5))).exitCode).toBe(1)
})
