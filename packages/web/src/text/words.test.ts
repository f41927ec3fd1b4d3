import { test } from 'node:test'
import { expect } from 'expect'
import { ar } from './ar.ts'
import { de } from './de.ts'
import { en } from './en.ts'
import { es } from './es.ts'
import { fr } from './fr.ts'
import { type Message, parseMessage } from './icu/parse-message.ts'
import { pseudoText } from './pseudo.ts'
import type { TextKey, Words } from './t.ts'

const others: Readonly<Record<string, Words>> = { de, es, fr, ar }
const all: Readonly<Record<string, Words>> = { en, ...others }
const keys = Object.keys(en) as TextKey[]

/** `name: kind` of each parameter, also of those in choices. Plain and counted numbers are written alike. */
function parametersOf(message: Message): ReadonlySet<string> {
  const found = new Set<string>()
  for (const part of message) {
    if (part.kind === 'argument' || part.kind === 'date' || part.kind === 'time')
      found.add(`${part.name}: ${part.kind}`)
    if (part.kind === 'number' || part.kind === 'plural' || part.kind === 'selectordinal')
      found.add(`${part.name}: number`)
    if (part.kind === 'select') found.add(`${part.name}: ${[...part.options.keys()].join('|')}`)
    if ('options' in part)
      for (const form of part.options.values()) for (const each of parametersOf(form)) found.add(each)
  }
  return found
}

test('every language has every text, with the same parameters', () => {
  for (const [language, words] of Object.entries(others)) {
    expect({ language, keys: new Set(Object.keys(words)) }).toEqual({ language, keys: new Set(keys) })
    for (const key of keys) {
      const parameters = parametersOf(parseMessage(words[key]))
      expect({ language, key, parameters }).toEqual({ language, key, parameters: parametersOf(parseMessage(en[key])) })
    }
  }
})

test('every plural has all forms that the language uses', () => {
  for (const [language, words] of Object.entries(all)) {
    const rules = new Intl.PluralRules(language)
    const used = new Set(Array.from({ length: 200 }, (_, count) => rules.select(count)))
    for (const key of keys) {
      for (const part of parseMessage(words[key])) {
        if (part.kind !== 'plural') continue
        const missing = [...used].filter((form) => !part.options.has(form))
        expect({ language, key, missing }).toEqual({ language, key, missing: [] })
      }
    }
  }
})

test('no text is empty or has spaces around it', () => {
  for (const [language, words] of Object.entries(all)) {
    const wrong = keys.filter((key) => words[key] === '' || words[key].trim() !== words[key])
    expect({ language, wrong }).toEqual({ language, wrong: [] })
  }
})

test('nothing was left in English', () => {
  // Names, units and words that are the same: each one was looked at.
  const same: Readonly<Record<string, readonly TextKey[]>> = {
    de: [
      'nav.chats',
      'list.title',
      'conversation.details',
      'details.title',
      'connection.offline',
      'privacy.unblock',
      'lock.label',
      'lock.setTitle',
    ],
    es: ['nav.chats', 'list.title'],
    fr: ['list.label', 'link.host', 'notifications.title', 'settings.notifications'],
    ar: [],
  }
  const everywhere =
    /^(app\.|key\.|log\.announce|path\.milliseconds|addContact\.placeholder|settings\.textSize\.normal|about\.version)/
  for (const [language, words] of Object.entries(others)) {
    const left = keys.filter((key) => words[key] === en[key] && !everywhere.test(key) && !same[language]?.includes(key))
    expect({ language, left }).toEqual({ language, left: [] })
  }
})

test('English texts quote no braces, so that the compiler finds their parameters', () => {
  expect(keys.filter((key) => /'[{}]/.test(en[key]))).toEqual([])
})

test('quotation marks and punctuation are those of the language', () => {
  const foreign: Readonly<Record<string, RegExp>> = {
    en: /["„«]|\.\.\./,
    de: /["«»]|\.\.\.|\S…/,
    es: /["“”„]|\.\.\./,
    fr: /["“”„]|\.\.\.|'|[^\u202F][?!;](?!\w)|[^\u00A0]:(?![/\d])/,
    ar: /["“”„;,?]|\.\.\./,
  }
  for (const [language, words] of Object.entries(all)) {
    const plain = (key: TextKey) => words[key].replace(/\{[^{}]*,/g, '').replace(/https:\S*|05…|\w+,? ?\{/g, '')
    const wrong = keys.filter((key) => foreign[language]?.test(plain(key)))
    expect({ language, wrong }).toEqual({ language, wrong: [] })
  }
})

test('the pseudo-locale has brackets, other letters and a third more, and keeps its parameters', () => {
  expect(pseudoText('Say hello to {name}')).toBe('⟦Såý héllö tö {name}·····⟧')
  for (const key of keys) {
    expect(parametersOf(parseMessage(pseudoText(en[key])))).toEqual(parametersOf(parseMessage(en[key])))
  }
})
