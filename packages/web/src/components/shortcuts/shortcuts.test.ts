import { test } from 'node:test'
import { expect } from 'expect'
import { type Chord, type KeyPress, localKeys, matchShortcut, shortcuts } from './shortcuts.ts'

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : /^\d$/.test(key) ? `Digit${key}` : key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  isComposing: false,
  ...more,
})
const ctrl = { ctrlKey: true }
const alt = { altKey: true }

test('every shortcut is heard, and means one thing', () => {
  const seen = new Set<string>()
  for (const { id, chords } of shortcuts) {
    for (const { modifiers, key } of chords) {
      const held = {
        ctrlKey: modifiers.includes('mod'),
        altKey: modifiers.includes('alt'),
        shiftKey: modifiers.includes('shift'),
      }
      expect(matchShortcut(press(key === '1…9' ? '3' : key, held), false)?.id).toBe(id)
      expect(matchShortcut(press(key === '1…9' ? '3' : key), false)).toBeUndefined()
      seen.add(`${modifiers.join('+')}+${key}`)
    }
  }
  expect(seen.size).toBe(shortcuts.flatMap(({ chords }) => chords).length)
})

test('a digit says which chat', () => {
  expect(matchShortcut(press('1', ctrl), false)).toEqual({ id: 'chatAt', place: 0 })
  expect(matchShortcut(press('9', ctrl), false)).toEqual({ id: 'chatAt', place: 8 })
  // French keyboards have the digits above other characters.
  expect(matchShortcut(press('"', { ...ctrl, code: 'Digit3' }), false)).toEqual({ id: 'chatAt', place: 2 })
  expect(matchShortcut(press('0', ctrl), false)).toBeUndefined()
})

test('other modifiers make another key of it', () => {
  expect(matchShortcut(press('k', { ...ctrl, shiftKey: true }), false)).toBeUndefined()
  expect(matchShortcut(press('k', { ...ctrl, altKey: true }), false)).toBeUndefined()
  expect(matchShortcut(press('ArrowUp', { ...alt, shiftKey: true }), false)?.id).toBe('previousUnread')
  expect(matchShortcut(press('ArrowUp', { ...alt, ctrlKey: true }), false)).toBeUndefined()
})

test('on Apple keyboards it is the command key', () => {
  expect(matchShortcut(press('k', { metaKey: true }), true)?.id).toBe('switcher')
  expect(matchShortcut(press('k', ctrl), true)).toBeUndefined()
  expect(matchShortcut(press('k', { metaKey: true }), false)).toBeUndefined()
})

test('keyboards of other alphabets and layouts have the same shortcuts', () => {
  expect(matchShortcut(press('л', { ...ctrl, code: 'KeyK' }), false)?.id).toBe('switcher')
  expect(matchShortcut(press('ن', { ...ctrl, code: 'KeyK' }), false)?.id).toBe('switcher')
  // Dvorak: the key that writes t is where K is elsewhere.
  expect(matchShortcut(press('t', { ...ctrl, code: 'KeyK' }), false)).toBeUndefined()
  // German: `/` is Shift+7.
  expect(matchShortcut(press('/', { ...ctrl, shiftKey: true, code: 'Digit7' }), false)?.id).toBe('help')
})

test('an input method has its keys to itself', () => {
  expect(matchShortcut(press('k', { ...ctrl, isComposing: true }), false)).toBeUndefined()
})

test('the keys for writing are those that are set', () => {
  const keys = (chords: readonly Chord[] | undefined) =>
    chords?.map(({ modifiers, key }) => [...modifiers, key].join('+'))
  const find = (enterSends: boolean, id: string) =>
    keys(localKeys(enterSends).writing.find((each) => each.id === id)?.chords)
  expect([find(true, 'send'), find(true, 'newLine')]).toEqual([['Enter'], ['shift+Enter']])
  expect([find(false, 'send'), find(false, 'newLine')]).toEqual([['mod+Enter'], ['Enter', 'shift+Enter']])
})
