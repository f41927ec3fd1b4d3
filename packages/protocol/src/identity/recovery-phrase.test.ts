import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import vectors from '../../vectors/messages.json' with { type: 'json' }
import { fromHex, toHex } from '../bytes/hex.ts'
import { parseAccountSeed } from './account-seed.ts'
import { checkRecoveryWord, encodeRecoveryPhrase, parseRecoveryPhrase } from './recovery-phrase.ts'
import { RecoveryPhraseError } from './recovery-phrase-error.ts'
import { checksumWord, decodeWords, encodeWords } from './recovery-words.ts'
import { ENGLISH_WORDS } from './wordlist-english.ts'

const PHRASE = 'amaze buffet cake entrance symptoms tiger lamb maze nestle python dusted faxed faxed'
const phrases = vectors.recovery_phrase
const seeds = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(parseAccountSeed)

// The vectors in Spanish (two phrases, one row of words) and Japanese (one phrase) wait for their word lists.
const english = phrases.encode.filter(({ language }) => language === 'english')
const englishWords = phrases.no_checksum_words.filter(({ language }) => language === 'english')

test('writes and reads every known English phrase', () => {
  const short = english.filter(({ seed }) => seed.length === 32)
  expect(short).toHaveLength(6)
  for (const { seed, phrase_text } of short) {
    expect(encodeRecoveryPhrase(parseAccountSeed(fromHex(seed)))).toBe(phrase_text)
    expect(toHex(parseRecoveryPhrase(phrase_text))).toBe(seed)
  }
})

test('every known account has its phrase', () => {
  for (const { seed16, phrase_text } of vectors.accounts) {
    expect(toHex(parseRecoveryPhrase(phrase_text))).toBe(seed16)
  }
})

test('reads phrases with misspelt ends of words', () => {
  for (const { seed, phrase_text } of phrases.decode) expect(toHex(parseRecoveryPhrase(phrase_text))).toBe(seed)
})

test('reads a phrase in any case and between any white space', () => {
  const typed = ` \n${PHRASE.toUpperCase().replaceAll(' ', '\u00a0\t')}\n`
  expect(parseRecoveryPhrase(typed)).toEqual(parseRecoveryPhrase(PHRASE))
})

test('the word code fits longer seeds, which have no phrase yet', () => {
  const long = english.filter(({ seed }) => seed.length === 64)
  expect(long).toHaveLength(1)
  for (const { seed, phrase_text } of long) {
    const words = encodeWords(fromHex(seed))
    expect([...words, checksumWord(words)].join(' ')).toBe(phrase_text)
    const refusal = expect.objectContaining({ code: 'long_phrase', wordCount: 25 })
    expect(() => encodeRecoveryPhrase(parseAccountSeed(fromHex(seed)))).toThrow(refusal)
    expect(() => parseRecoveryPhrase(phrase_text)).toThrow(refusal)
  }
})

test('the word code agrees on words without a checksum', () => {
  expect(englishWords).toHaveLength(1)
  for (const { seed, words_text } of englishWords) {
    expect(encodeWords(fromHex(seed)).join(' ')).toBe(words_text)
    expect(toHex(decodeWords(words_text.split(' ')))).toBe(seed)
  }
})

test('refuses every known bad phrase, with its reason', () => {
  const codes = phrases.must_fail.map(({ phrase_text, words_text }) =>
    codeOf(() => (phrase_text === undefined ? decodeWords(words_text.split(' ')) : parseRecoveryPhrase(phrase_text))),
  )
  expect(codes).toEqual(['checksum', 'checksum', 'unknown_word', 'invalid_group'])
})

test('names the first word that is not listed, but not in the message of the error', () => {
  const error = errorOf(() => parseRecoveryPhrase(PHRASE.replace('symptoms', 'qwertz')))
  expect(error).toMatchObject({ code: 'unknown_word', wordIndex: 4, word: 'qwertz' })
  expect(`${error} ${JSON.stringify(error)}`).not.toContain('qwertz')
})

test('tells the place of three words that no seed gives', () => {
  const words = ['abbey', 'abbey', 'abbey', 'abbey', 'abbey', 'zoom']
  expect(errorOf(() => decodeWords(words))).toMatchObject({ code: 'invalid_group', wordIndex: 3 })
  const phrase = [...words, ...words].join(' ')
  expect(codeOf(() => parseRecoveryPhrase(`${phrase} ${checksumWord(phrase.split(' '))}`))).toBe('invalid_group')
})

test('counts the words of a phrase that is too short or too long', () => {
  for (const count of [0, 1, 12, 14, 24, 26]) {
    const text = Array.from({ length: count }, () => 'abbey').join(' ')
    expect(errorOf(() => parseRecoveryPhrase(text))).toMatchObject({ code: 'word_count', wordCount: count })
  }
})

test('every seed survives its phrase', () => {
  fc.assert(fc.property(seeds, (seed) => expect(parseRecoveryPhrase(encodeRecoveryPhrase(seed))).toEqual(seed)))
})

test('any text gives a seed or the typed error', () => {
  const words = fc.array(fc.oneof(fc.constantFrom(...ENGLISH_WORDS), fc.string({ unit: 'binary' })), { maxLength: 30 })
  fc.assert(
    fc.property(words, (list) => {
      try {
        expect(parseRecoveryPhrase(list.join(' '))).toHaveLength(16)
      } catch (error) {
        expect(error).toBeInstanceOf(RecoveryPhraseError)
      }
    }),
  )
})

test('judges a word while it is typed', () => {
  expect(checkRecoveryWord(' Amazing')).toEqual({ kind: 'known', word: 'amaze' })
  expect(checkRecoveryWord('quo')).toEqual({ kind: 'known', word: 'quote' })
  expect(checkRecoveryWord('qu')).toEqual({ kind: 'unknown', suggestions: ['queen', 'quick', 'quote'] })
  expect(checkRecoveryWord('qux')).toEqual({ kind: 'unknown', suggestions: ['queen', 'quick', 'quote'] })
  expect(checkRecoveryWord('')).toEqual({ kind: 'unknown', suggestions: [] })
  expect(checkRecoveryWord('ж')).toEqual({ kind: 'unknown', suggestions: [] })
})

test('every listed word is known by itself and by its first three letters', () => {
  expect(ENGLISH_WORDS).toHaveLength(phrases.wordlist_size)
  for (const word of ENGLISH_WORDS) {
    expect(checkRecoveryWord(word)).toEqual({ kind: 'known', word })
    expect(checkRecoveryWord(word.slice(0, phrases.prefix_length.english))).toEqual({ kind: 'known', word })
  }
})

function errorOf(fn: () => unknown): RecoveryPhraseError {
  try {
    fn()
  } catch (error) {
    if (error instanceof RecoveryPhraseError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

function codeOf(fn: () => unknown): string {
  return errorOf(fn).code
}
