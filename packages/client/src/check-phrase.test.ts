import { test } from 'node:test'
import { encodeRecoveryPhrase, parseAccountSeed } from '@starling/protocol'
import { expect } from 'expect'
import { checkPhrase } from './check-phrase.ts'

const phrase = encodeRecoveryPhrase(parseAccountSeed(new Uint8Array(16).fill(7)))
const words = phrase.split(' ')

test('accepts the phrase of a seed, also with other case and white space', () => {
  expect(checkPhrase(phrase)).toEqual({ kind: 'ok' })
  expect(checkPhrase(`\n ${phrase.toUpperCase().replaceAll(' ', '\n')} `)).toEqual({ kind: 'ok' })
})

test('counts the words of an unfinished phrase', () => {
  expect(checkPhrase('')).toEqual({ kind: 'incomplete', words: 0 })
  expect(checkPhrase(words.slice(0, 5).join(' '))).toEqual({ kind: 'incomplete', words: 5 })
})

test('names an unknown word as soon as it is finished, not while it is typed', () => {
  expect(checkPhrase(`${words[0]} qqq`)).toEqual({ kind: 'incomplete', words: 2 })
  expect(checkPhrase(`${words[0]} qqq `)).toEqual({ kind: 'wrong', code: 'unknown_word', wordIndex: 1 })
})

test('says of thirteen words that do not belong together that the checksum is wrong', () => {
  const swapped = [words[1] === words[0] ? 'abbey' : words[1], words[0], ...words.slice(2, 12), 'zoom'].join(' ')
  expect(checkPhrase(swapped)).toMatchObject({ kind: 'wrong', code: 'checksum' })
})

test('says that fourteen words are too many', () => {
  expect(checkPhrase(`${phrase} abbey`)).toMatchObject({ kind: 'wrong', code: 'word_count' })
})
