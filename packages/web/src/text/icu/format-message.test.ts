import { test } from 'node:test'
import { expect } from 'expect'
import { createLocale, formatMessage, type MessageValues } from './format-message.ts'
import { parseMessage } from './parse-message.ts'

const say = (text: string, values: MessageValues, tag = 'en-GB') =>
  formatMessage(parseMessage(text), values, createLocale(tag))

test('parameters are shown as they are, and numbers as the language writes them', () => {
  expect(say('You: {name}', { name: '{name} $& <b>' })).toBe('You: {name} $& <b>')
  expect(say('{n} {n, number, integer} {share, number, percent}', { n: 1234.5, share: 0.25 })).toBe('1,234.5 1,235 25%')
  expect(say('{n}', { n: 1234.5 }, 'de')).toBe('1.234,5')
  expect(say('{n}', { n: 12 }, 'ar-EG')).toBe('١٢')
})

test('an exact number comes before the plural form, and # is less by the offset', () => {
  const text = '{n, plural, offset:1 =0 {nobody} =1 {{who}} one {{who} and # more} other {{who} and # others}}'
  const said = [0, 1, 2, 1001].map((n) => say(text, { n, who: 'Alice' }))
  expect(said).toEqual(['nobody', 'Alice', 'Alice and 1 more', 'Alice and 1,000 others'])
})

test('each language has its own plural forms, and its own ordinals', () => {
  const text = '{n, plural, zero {zero} one {one} two {two} few {few} many {many} other {other}}'
  const forms = [0, 1, 2, 5, 11, 100].map((n) => say(text, { n }, 'ar'))
  expect(forms).toEqual(['zero', 'one', 'two', 'few', 'many', 'other'])
  expect([0, 1, 2].map((n) => say(text, { n }, 'fr'))).toEqual(['one', 'one', 'other'])
  expect(say('{n, selectordinal, one {#st} two {#nd} few {#rd} other {#th}}', { n: 22 })).toBe('22nd')
})

test('the words of a language go with the numbers of a region', () => {
  const locale = createLocale('de-CH', 'de')
  expect(formatMessage(parseMessage('{n, plural, one {#!} other {# mal}}'), { n: 12_345 }, locale)).toBe("12'345 mal")
})

test('what is selected and not listed is other, and nested words see all parameters', () => {
  const text =
    '{kind, select, note {Notes of {name}} other {{n, plural, one {A message} other {# messages}} of {name}}}'
  expect(say(text, { kind: 'note', name: 'Bob', n: 2 })).toBe('Notes of Bob')
  expect(say(text, { kind: 'chat', name: 'Bob', n: 2 })).toBe('2 messages of Bob')
})

test('moments are written by date and by time of day', () => {
  const at = new Date(2026, 10, 20, 9, 42)
  expect(say('{at, date, long}, {at, time, short}', { at })).toBe('20 November 2026, 09:42')
  expect(say('{at, date, short}', { at: at.getTime() }, 'de')).toBe('20.11.26')
})

test('a parameter that is missing is seen, not hidden', () => {
  expect(say('Hello {name}', {})).toBe('Hello {name}')
})

test('words that run the other way do not take the punctuation around them along', () => {
  expect(say('You: {name}.', { name: 'Alice' })).toBe('You: Alice.')
  expect(say('You: {name}.', { name: 'مريم' })).toBe('You: \u2068مريم\u2069.')
  expect(say('أنت: {name}.', { name: 'مريم' }, 'ar')).toBe('أنت: مريم.')
  expect(say('أنت: {name}.', { name: 'Alice' }, 'ar')).toBe('أنت: \u2068Alice\u2069.')
  expect(say('{count}', { count: 12 }, 'ar')).toBe('12')
})
