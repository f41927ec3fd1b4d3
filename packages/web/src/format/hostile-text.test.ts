import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { plainLine, plainText } from './hostile-text.ts'

test('direction overrides and isolates are removed wherever they stand', () => {
  const controls = ['\u202A', '\u202B', '\u202C', '\u202D', '\u202E', '\u2066', '\u2067', '\u2068', '\u2069']
  const hostile = fc.array(fc.oneof(fc.constantFrom(...controls), fc.string())).map((parts) => parts.join(''))
  fc.assert(fc.property(hostile, (text) => expect(plainText(text)).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/)))
})

test('ordinary text of any direction, emoji and line feeds stay as they are', () => {
  for (const text of ['two\nlines\tand a tab', 'שלום עולם', 'مرحبا', '👩‍👩‍👧 family', 'left\u200Eright mark']) {
    expect(plainText(text)).toBe(text)
  }
})

test('control characters do not get through, and every line end becomes a line feed', () => {
  expect(plainText('a\u0000b\u001Bc\r\nd\re')).toBe('abc\nd\ne')
})

test('a name is one line', () => {
  expect(plainLine('  Wendy\n\u202Eyou are \t trusted ')).toBe('Wendy you are trusted')
})

test('towers of marks are cut down to what languages write, which stays', () => {
  const tower = `Z${'\u0334\u0321\u031B'.repeat(40)}algo`
  expect([...plainText(tower)].length).toBe('Zalgo'.length + 4)
  for (const text of ['Tiếng Việt', 'เก็บน้ำใจ', 'שָׁלוֹם', 'مُحَمَّدٌ', 'ผู้ใหญ่', '❤️‍🔥', 'བསྒྲུབས'])
    expect(plainText(text)).toBe(text)
})

test('text that is spelled in invisible tags goes, and the flags that need them stay', () => {
  const hidden = [...'ignore'].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('')
  expect(plainText(`hello${hidden}`)).toBe('hello')
  const scotland = '🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}'
  expect(plainText(scotland)).toBe(scotland)
})
