import { test } from 'node:test'
import { expect } from 'expect'
import { chooseLanguage, languageName, languages, loadSpeech } from './languages.ts'
import { pseudoSpeech } from './pseudo.ts'
import { isMirrored, locale, speak, t } from './t.ts'

const english = () => loadSpeech({ language: 'en', tag: 'en-GB' })

test('fills in parameters, groups numbers and chooses the plural form', () => {
  expect(t('nav.you', { name: 'Alice' })).toBe('You: Alice')
  expect(t('restore.wordsLeft', { count: 1 })).toBe('1 word to go')
  expect(t('restore.wordsLeft', { count: 12 })).toBe('12 words to go')
  expect(t('list.unread', { count: 10_000 })).toBe('10,000 unread')
  expect(t('path.nodes', { name: 'local', count: 1 })).toBe('local, 1 node')
})

test('a forgotten or misspelt parameter does not type-check', () => {
  // @ts-expect-error: `name` is missing
  expect(t('nav.you')).toBe('You: {name}')
  // @ts-expect-error: `count` is a number
  t('restore.wordsLeft', { count: 'one' })
  // @ts-expect-error: no such parameter
  t('dialog.close', { name: 'Alice' })
  // @ts-expect-error: `name` stands beside the plural
  t('path.nodes', { count: 1 })
})

test('another language comes with its numbers, its direction and its plural forms', async () => {
  speak(await loadSpeech({ language: 'de', tag: 'de-AT' }))
  expect(t('restore.wordsLeft', { count: 12 })).toBe('Noch 12 Wörter')
  expect([locale().tag, isMirrored()]).toEqual(['de-AT', false])
  speak(await loadSpeech({ language: 'ar', tag: 'ar-EG' }))
  expect(t('restore.wordsLeft', { count: 2 })).toBe('بقيت كلمتان')
  expect(t('restore.wordsLeft', { count: 12 })).toBe('بقيت ١٢ كلمة')
  expect(isMirrored()).toBe(true)
  speak(pseudoSpeech())
  expect(t('nav.you', { name: 'Alice' })).toBe('⟦Ýöû: Alice··⟧')
  speak(await english())
  expect(t('dialog.close')).toBe('Close')
})

test('the system decides on the language and its region, unless one was chosen', () => {
  expect(chooseLanguage('system', ['pl', 'fr-CH', 'de'])).toEqual({ language: 'fr', tag: 'fr-CH' })
  expect(chooseLanguage('system', ['pl'])).toEqual({ language: 'en', tag: 'en-GB' })
  expect(chooseLanguage('system', [])).toEqual({ language: 'en', tag: 'en-GB' })
  expect(chooseLanguage('de', ['en-US', 'de-AT'])).toEqual({ language: 'de', tag: 'de-AT' })
  expect(chooseLanguage('de', ['en-US'])).toEqual({ language: 'de', tag: 'de' })
  expect(chooseLanguage('system', ['es_MX', 'esx', 'es-', 'ar-EG-u-nu-latn'])).toEqual({
    language: 'ar',
    tag: 'ar-EG-u-nu-latn',
  })
})

test('every language says its own name', () => {
  expect(languages.map((language) => `${language} ${languageName(language)}`)).toEqual([
    'en English',
    'de Deutsch',
    'es Español',
    'fr Français',
    'ar العربية',
  ])
})
