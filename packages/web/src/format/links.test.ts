import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { findLinks, inspectLink } from './links.ts'
import { unicodeHost } from './punycode.ts'

const links = (text: string) => findLinks(text).flatMap((part) => (part.kind === 'link' ? [part.text] : []))

test('web addresses are found in a sentence, without its punctuation', () => {
  expect(links('See https://example.org/a?b=c#d, or (http://example.org/x_(y)).')).toEqual([
    'https://example.org/a?b=c#d',
    'http://example.org/x_(y)',
  ])
  expect(links('«https://example.org» “www.example.org/…” [https://example.org/]!')).toEqual([
    'https://example.org',
    'www.example.org/',
    'https://example.org/',
  ])
  expect(links('https://пример.рф/путь und https://münchen.de')).toEqual([
    'https://пример.рф/путь',
    'https://münchen.de',
  ])
})

test('what no browser should open is text', () => {
  const texts = [
    'javascript:alert(1)',
    'data:text/html,<b>',
    'file:///etc/passwd',
    'example.org',
    'notes.txt',
    'a@www.example.org',
    'xhttps://example.org',
    'https://',
    'https://localhost',
    'http://[nonsense',
  ]
  expect(texts.map((text) => [text, links(text)])).toEqual(texts.map((text) => [text, []]))
})

test('the parts are the text, whatever it is', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('https://', 'www.', 'example.org', '/', ')', '(', '.', ' ', '://', 'http://a.b', '\u202E', '#'),
  )
  const property = fc.property(fc.array(piece), (pieces) => {
    const text = pieces.join('')
    const parts = findLinks(text)
    expect(parts.map((part) => part.text).join('')).toBe(text)
    expect(parts.every((part) => part.text !== '')).toBe(true)
    for (const part of parts) if (part.kind === 'link') expect(inspectLink(part.url).url).toMatch(/^https?:/)
  })
  fc.assert(property)
})

test('a text made to be slow is not', () => {
  for (const piece of ['(', ')', 'www.', 'https://a.b/', '.', 'http://a.b/)(', '\u0301']) {
    expect(findLinks(piece.repeat(20_000)).length).toBeGreaterThan(0)
  }
})

test('the host is shown as computers write it, and as it reads', () => {
  expect(inspectLink('https://münchen.de:8443/x')).toMatchObject({
    host: 'xn--mnchen-3ya.de:8443',
    reads: 'münchen.de',
    warnings: ['foreign'],
  })
  expect(inspectLink('https://example.org/пример')).toMatchObject({
    host: 'example.org',
    reads: undefined,
    warnings: [],
  })
})

test('names that imitate others are told from names in other languages', () => {
  const warnings = (url: string) => inspectLink(url).warnings.join()
  expect(warnings('https://раураl.com')).toBe('mixed') // Cyrillic, and a Latin l
  expect(warnings('https://аррӏе.com')).toBe('lookalike') // Cyrillic alone
  expect(warnings('https://правда.рф')).toBe('foreign')
  expect(warnings('https://例え.テスト')).toBe('foreign')
  expect(warnings('https://日本nihon.jp')).toBe('foreign')
  expect(warnings('http://example.org')).toBe('insecure')
  expect(warnings('https://paypal.com@example.org')).toBe('disguised')
  expect(warnings('https://paypal.com%2Fpay@example.org')).toBe('disguised')
})

test('punycode is read as in RFC 3492 §7.1, and what is none stays', () => {
  expect(unicodeHost('xn--ihqwcrb4cv8a8dqg056pqjye.example')).toBe('他们为什么不说中文.example')
  expect(unicodeHost('xn--egbpdaj6bu4bxfgehfvwxn')).toBe('ليهمابتكلموشعربي؟')
  expect(unicodeHost('xn--3b-ww4c5e180e575a65lsy2b')).toBe('3年b組金八先生')
  for (const host of ['example.org', 'xn--', 'xn--a-', 'xn--99999999999', `xn--${'a'.repeat(70)}`]) {
    expect(unicodeHost(host)).toBe(host)
  }
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z0-9-]{0,59}$/), (label) =>
      expect(typeof unicodeHost(`xn--${label}`)).toBe('string'),
    ),
  )
})
