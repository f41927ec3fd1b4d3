import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { utf8 } from '../bytes/utf8.ts'
import { DisplayNameError, parseDisplayName, truncateDisplayName } from './display-name.ts'

const INVISIBLE = '\u200b\u200c\u200d\u200e\u200f\u2060\ufeff \t\n\u00a0'
const texts = fc.string({ unit: 'binary' })
const longTexts = fc.string({ unit: 'binary', minLength: 90, maxLength: 200 })

test('takes invisible characters from the ends of a name, not from its middle', () => {
  expect(parseDisplayName(`${INVISIBLE}Alice${INVISIBLE}of Wonderland${INVISIBLE}`)).toBe(
    `Alice${INVISIBLE}of Wonderland`,
  )
})

test('refuses a name of which nothing is left', () => {
  for (const text of ['', INVISIBLE]) {
    expect(() => parseDisplayName(text)).toThrow(expect.objectContaining({ code: 'display_name', reason: 'empty' }))
  }
})

test('a name has at most 100 bytes, however many characters that are', () => {
  expect(parseDisplayName('👍'.repeat(25))).toHaveLength(50)
  const refusal = expect.objectContaining({ code: 'display_name', reason: 'too_long' })
  expect(() => parseDisplayName(`${'👍'.repeat(25)}a`)).toThrow(refusal)
  expect(() => parseDisplayName('a'.repeat(101))).toThrow(refusal)
})

test('cuts a name of somebody else between code points', () => {
  expect(truncateDisplayName(`a${'👍'.repeat(30)}`)).toBe(`a${'👍'.repeat(24)}`)
  expect(truncateDisplayName(`${'a'.repeat(99)} b`)).toBe('a'.repeat(99))
  expect(truncateDisplayName(INVISIBLE)).toBeUndefined()
})

test('whatever is cut is a name, and a name is not cut', () => {
  fc.assert(
    fc.property(fc.oneof(texts, longTexts), (text) => {
      const name = truncateDisplayName(text)
      if (name === undefined) return
      expect(utf8(name).length).toBeLessThanOrEqual(100)
      expect(parseDisplayName(name)).toBe(name)
      expect(truncateDisplayName(name)).toBe(name)
    }),
  )
})

test('any text gives a name or the typed error', () => {
  fc.assert(
    fc.property(fc.oneof(texts, longTexts), (text) => {
      try {
        expect(truncateDisplayName(text)).toBe(parseDisplayName(text))
      } catch (error) {
        expect(error).toBeInstanceOf(DisplayNameError)
      }
    }),
  )
})
