import { test } from 'node:test'
import { expect } from 'expect'
import { parseAccountId } from '../identity/account-id.ts'
import { findMentions, formatMentions, mentionOf } from './mentions.ts'

const alice = parseAccountId(`05${'a1'.repeat(32)}`)
const bob = parseAccountId(`05${'b2'.repeat(32)}`)

test('finds accounts where they stand, and only whole ones', () => {
  const text = `👍 ${mentionOf(alice)}, ask${mentionOf(bob)}! @05abc @15${'c3'.repeat(32)} ${alice}`
  const mentions = findMentions(text)
  expect(mentions.map(({ account }) => account)).toEqual([alice, bob])
  for (const { account, start, end } of mentions) expect(text.slice(start, end)).toBe(`@${account}`)
  expect(findMentions('')).toEqual([])
})

test('puts names where accounts stand, whatever the names hold', () => {
  const text = `${mentionOf(alice)} and ${mentionOf(alice)}`
  expect(formatMentions(text, (account) => (account === alice ? '$& $1' : '?'))).toBe('$& $1 and $& $1')
})
