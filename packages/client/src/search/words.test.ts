import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { findMatches, snippetOf } from './match.ts'
import { parseQuery, termsOf } from './words.ts'

/** The marked parts, or `undefined` if the text does not have all of the query. */
function marked(text: string, query: string): string[] | undefined {
  return findMatches(text, parseQuery(query)!)?.map(({ start, end }) => text.slice(start, end))
}

test('case, accents, widths and ligatures make no difference', () => {
  expect(termsOf('Grüße, STRASSE ﬁn Ｆｕｌｌ Łódź Σίσυφος')).toEqual([
    'grusse',
    'strasse',
    'fin',
    'full',
    'lodz',
    'σισυφοσ',
  ])
  expect(marked('Grüße aus Zürich', 'GRUSS zuri')).toEqual(['Grüß', 'Züri'])
  expect(marked('Zürich', 'zürich')).toEqual(['Zürich'])
  expect(marked('cafe\u0301 noir', 'café')).toEqual(['cafe\u0301'])
})

test('every word must be there, as the beginning of one', () => {
  expect(marked('meet me at noon', 'noo me')).toEqual(['me', 'me', 'noo'])
  expect(marked('meet me at noon', 'oon')).toBeUndefined()
  expect(marked('meet me at noon', 'meet midnight')).toBeUndefined()
  expect(marked('don’t panic', "don't")).toEqual(['don', 't'])
  expect(marked('snake_case 2026-11', '2026')).toEqual(['2026'])
})

test('scripts without spaces are found anywhere, and only where the characters stand together', () => {
  expect(marked('東京で会いましょう', '会いま')).toEqual(['会いま'])
  expect(marked('東京で会いましょう', '東')).toEqual(['東'])
  expect(marked('東京で会いましょう', 'う')).toEqual(['う'])
  expect(marked('東京と京都', '東京都')).toBeUndefined()
  expect(marked('พรุ่งนี้เจอกัน', 'เจอกัน')).toEqual(['เจอกัน'])
  expect(marked('iPhone買った', 'iph 買った')).toEqual(['iPh', '買った'])
  expect(marked('안녕하세요 여러분', '안녕')).toEqual(['안녕'])
  expect(marked('ガラス', 'カラス')).toBeUndefined()
  expect(marked('ｶﾞﾗｽ', 'ガラス')).toEqual(['ｶﾞﾗｽ'])
})

test('an emoji is a word, and a query without words is none', () => {
  expect(marked('party 🎉 tonight', '🎉')).toEqual(['🎉'])
  expect(parseQuery(' … !? ')).toBeUndefined()
  expect(parseQuery('')).toBeUndefined()
})

test('what the index is asked for is among the terms of every text that matches', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 })
  const property = fc.property(text, fc.nat(), fc.nat(12), (content, at, length) => {
    const start = at % (content.length + 1)
    const query = parseQuery(content.slice(start, start + length))
    if (query === undefined || findMatches(content, query) === undefined) return
    const terms = termsOf(content)
    for (const { term, isPrefix } of query.terms) {
      expect(terms.some((one) => (isPrefix ? one.startsWith(term) : one === term))).toBe(true)
    }
  })
  fc.assert(property, { numRuns: 500 })
})

test('a snippet is a piece of one line around the first match', () => {
  const long = `${'before '.repeat(40)}needle\nin a haystack ${'after '.repeat(40)}`
  const { text, matches } = snippetOf(long, findMatches(long, parseQuery('needle hay')!)!)
  expect(text.length).toBeLessThan(200)
  expect(text.startsWith('…') && text.endsWith('…')).toBe(true)
  expect(matches.map(({ start, end }) => text.slice(start, end))).toEqual(['needle', 'hay'])
  expect(text).not.toContain('\n')
  expect(snippetOf('short', [{ start: 0, end: 5 }])).toEqual({ text: 'short', matches: [{ start: 0, end: 5 }] })
})

test('a hostile text costs no more than its length', () => {
  for (const text of [
    'a'.repeat(100_000),
    '漢'.repeat(100_000),
    '🎉'.repeat(50_000),
    '\u0301'.repeat(100_000),
    'a '.repeat(50_000),
  ]) {
    expect(termsOf(text).length).toBeLessThan(4100)
    expect(findMatches(text, parseQuery('a')!)?.length ?? 0).toBeLessThan(60_000)
  }
})
