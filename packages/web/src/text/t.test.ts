import { test } from 'node:test'
import { expect } from 'expect'
import { en } from './en.ts'
import { t } from './t.ts'

test('fills in parameters, groups numbers and chooses the plural form', () => {
  expect(t('nav.you', { name: 'Alice' })).toBe('You: Alice')
  expect(t('restore.wordsLeft', { count: 1 })).toBe('1 word to go')
  expect(t('restore.wordsLeft', { count: 12 })).toBe('12 words to go')
  expect(t('list.unread', { count: 10_000 })).toBe('10,000 unread')
})

test('a parameter is shown as it is, with braces too', () => {
  expect(t('nav.you', { name: '{name} $& <b>' })).toBe('You: {name} $& <b>')
})

test('no text is empty, and a text with plural forms has the general one', () => {
  for (const [key, text] of Object.entries(en)) {
    const forms: readonly string[] = typeof text === 'string' ? [text] : Object.values(text)
    expect({ key, empty: forms.some((form) => form.trim() === '') }).toEqual({ key, empty: false })
  }
})
