import { test } from 'node:test'
import type { AccountId, ReactionView } from '@starling/client'
import { expect } from 'expect'
import { emojiName, findEmoji, recentEmoji } from './emoji.ts'

const reaction = (emoji: string, mine: boolean): ReactionView => ({ emoji, authors: [] as AccountId[], mine })
const found = (query: string) => findEmoji(query).map(({ emoji }) => emoji)

test('an emoji is found by the beginning of any of its words, in any case', () => {
  expect(found('THUMBS')).toEqual(['👍', '👎'])
  expect(found('thank')).toEqual(['🙏'])
  expect(found('thumbs dow')).toEqual(['👎'])
  expect(found('zzz')).toEqual([])
  expect(found(' ')).toHaveLength(new Set(found('')).size)
})

test('what others react with needs no name here', () => {
  expect(emojiName('👍')).toBe('thumbs up')
  expect(emojiName('🦩')).toBe('🦩')
})

test('own reactions are offered first, latest first, then the usual ones; never more than six', () => {
  expect(recentEmoji([])).toEqual(['👍', '❤️', '😂', '😮', '😢', '🙏'])
  const messages = [
    { reactions: [reaction('☕', true)] },
    { reactions: [reaction('🐦', false), reaction('👍', true)] },
    { reactions: [reaction('🔥', true)] },
  ]
  expect(recentEmoji(messages)).toEqual(['🔥', '👍', '☕', '❤️', '😂', '😮'])
})
