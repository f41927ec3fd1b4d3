import { test } from 'node:test'
import { expect } from 'expect'
import { createPreferences } from './preferences.ts'

function memory(values: Record<string, string> = {}) {
  return {
    getItem: (key: string) => values[key] ?? null,
    setItem(key: string, value: string) {
      values[key] = value
    },
  }
}

test('without a choice the theme is that of the system, and Enter sends', () => {
  const root = { dataset: {} as DOMStringMap }
  const { theme, enterKey } = createPreferences(root, memory())
  expect([theme.snapshot, enterKey.snapshot, root.dataset['theme']]).toEqual(['system', 'send', 'system'])
})

test('a choice is shown at once and is there after a reload', () => {
  const root = { dataset: {} as DOMStringMap }
  const storage = memory()
  const { theme, enterKey } = createPreferences(root, storage)
  theme.choose('dark')
  enterKey.choose('newLine')
  expect(root.dataset['theme']).toBe('dark')
  const again = createPreferences({ dataset: {} as DOMStringMap }, storage)
  expect([again.theme.snapshot, again.enterKey.snapshot]).toEqual(['dark', 'newLine'])
})

test('what stands there and is no choice counts as none', () => {
  const { theme, enterKey } = createPreferences(
    { dataset: {} },
    memory({ 'starling.theme': 'plaid', 'starling.enterKey': '' }),
  )
  expect([theme.snapshot, enterKey.snapshot]).toEqual(['system', 'send'])
})

test('a storage that is forbidden or full only means that a choice does not last', () => {
  const forbidden = {
    getItem: () => {
      throw new Error('forbidden')
    },
    setItem: () => {
      throw new Error('full')
    },
  }
  const { enterKey } = createPreferences({ dataset: {} }, forbidden)
  enterKey.choose('newLine')
  expect(enterKey.snapshot).toBe('newLine')
})

test('the size of text is shown at once, and language and size are there after a reload', () => {
  const root = { dataset: {} as DOMStringMap }
  const storage = memory()
  const { textSize, language } = createPreferences(root, storage)
  expect([root.dataset['textSize'], language.snapshot]).toEqual(['normal', 'system'])
  textSize.choose('larger')
  language.choose('ar')
  expect(root.dataset['textSize']).toBe('larger')
  const again = createPreferences({ dataset: {} }, storage)
  expect([again.textSize.snapshot, again.language.snapshot]).toEqual(['larger', 'ar'])
  expect(createPreferences({ dataset: {} }, memory({ 'starling.language': 'tlh' })).language.snapshot).toBe('system')
})
