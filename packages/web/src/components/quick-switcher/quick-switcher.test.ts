import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { FakeClient } from '../../testing/fake-client.ts'
import { manyConversations } from '../../testing/sample-data.ts'
import { fold, fuzzyScore } from './fuzzy.ts'
import { createSwitcher } from './quick-switcher.ts'

const titles = (query: string) => {
  const switcher = createSwitcher(new FakeClient())
  switcher.setQuery(query)
  return switcher.snapshot.found.map(({ title }) => title)
}

test('without a query the latest chats come first, whether pinned or not, and blocked ones do not', () => {
  expect(titles('').slice(0, 3)).toEqual(['Wendy', 'Murmuration', 'Grace'])
  expect(titles('')).not.toContain('Mallory')
})

test('some letters in their order are enough, and beginnings of words count most', () => {
  expect(titles('mur')[0]).toBe('Murmuration')
  expect(titles('bc')[0]).toBe('Book club')
  expect(titles('nts')[0]).toBe('Note to Self')
  expect(titles('jnu')).toEqual([])
  expect(titles('ÓLÜ')[0]).toBe('Oluwaseun')
})

test('the name that fits best comes first', () => {
  const order = (wanted: string, ...names: string[]) =>
    names.toSorted((a, b) => (fuzzyScore(fold(b), wanted) ?? -1) - (fuzzyScore(fold(a), wanted) ?? -1))
  expect(order('an', 'Jordan', 'Ivan', 'Anna')).toEqual(['Anna', 'Ivan', 'Jordan'])
  expect(order('ann', 'Hannah', 'A new name', 'Anna-Lena', 'Anna').join()).toBe('Anna,Anna-Lena,A new name,Hannah')
})

test('a name contains itself, its beginning and any of its letters in order; never what it lacks', () => {
  const name = fc
    .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 40 })
    .map(fold)
    .filter((text) => text.replace(/\s/g, '') !== '')
  fc.assert(
    fc.property(name, fc.infiniteStream(fc.boolean()), (text, picks) => {
      const some = [...text].filter(() => picks.next().value === true).join('')
      expect(fuzzyScore(text, some)).toBeDefined()
      expect(fuzzyScore(text, `${text}\u0000`)).toBeUndefined()
    }),
  )
})

test('the choice goes round, and starts at the best with each letter', () => {
  const switcher = createSwitcher(new FakeClient())
  switcher.move(-1)
  expect(switcher.snapshot.chosen).toBe(switcher.snapshot.found.length - 1)
  switcher.move(2)
  expect(switcher.snapshot.chosen).toBe(1)
  switcher.setQuery('j')
  expect([switcher.snapshot.chosen, switcher.answer]).toEqual([0, switcher.snapshot.found[0]?.id])
  switcher.setQuery('no such name')
  switcher.move(1)
  expect(switcher.answer).toBeUndefined()
})

test('of five thousand chats a few are shown', () => {
  const switcher = createSwitcher(new FakeClient({ conversations: manyConversations(5_000) }))
  switcher.setQuery('judy 5000')
  expect(switcher.snapshot.found[0]?.title).toBe('Judy 5000')
  expect(switcher.snapshot.found.length).toBeLessThanOrEqual(30)
})
