import { test } from 'node:test'
import { mentionOf } from '@starling/client'
import { expect } from 'expect'
import { sampleAccountId } from '../../testing/sample-data.ts'
import { findMentionable, mentionAt, mentionable, takeMention, withAccounts } from './mention.ts'

const [ann, annMarie, zoe] = [
  mentionable(sampleAccountId('Ann'), 'Ann'),
  mentionable(sampleAccountId('Ann Marie'), 'Ann Marie'),
  mentionable(sampleAccountId('Zoe'), 'Zoë\u202E (work)'),
]
const people = [ann, annMarie, zoe]
const at = (text: string) => mentionAt(text, text.length)

test('a word with @ is asked for where the cursor is in it, an address is none', () => {
  expect(at('hello @')).toEqual({ start: 6, query: '' })
  expect(at('@ann m')).toEqual({ start: 0, query: 'ann m' })
  expect(mentionAt('@ann and more', 3)).toEqual({ start: 0, query: 'an' })
  for (const text of ['', 'hello', 'a@b.org', '@ann ', '@ ann', '@\n', `@${'x'.repeat(41)}`]) {
    expect(at(text)).toBeUndefined()
  }
})

test('people are found by the beginning of any of their names, without accents', () => {
  const names = (query: string) => findMentionable(people, query).map(({ name }) => name)
  expect(names('an')).toEqual(['Ann', 'Ann Marie'])
  expect(names('mar')).toEqual(['Ann Marie'])
  expect(names('zoe')).toEqual(['Zoë (work)'])
  expect(names('nn')).toEqual([])
})

test('a name takes the place of what was typed, with a space behind it', () => {
  expect(takeMention('hi @an', { start: 3, query: 'an' }, ann)).toEqual({ text: 'hi @Ann ', cursor: 8 })
  expect(takeMention('hi @an there', { start: 3, query: 'an' }, ann)).toEqual({ text: 'hi @Ann there', cursor: 8 })
})

test('names become accounts when they are sent: whole ones, the longer of two, as often as they stand there', () => {
  expect(withAccounts('@Ann, @Ann Marie! (@Zoë (work))', people)).toBe(
    `${mentionOf(ann.account)}, ${mentionOf(annMarie.account)}! (${mentionOf(zoe.account)})`,
  )
  for (const text of ['@Annette', 'x@Ann', '@ann', 'Ann', '@']) expect(withAccounts(text, people)).toBe(text)
  expect(withAccounts('@Ann@Ann', [ann])).toBe(`${mentionOf(ann.account)}@Ann`)
  expect(withAccounts('@', [mentionable(ann.account, '')])).toBe('@')
})
