import { test } from 'node:test'
import { expect } from 'expect'
import { sampleAccountId, sampleMessages, sampleNow } from '../../testing/sample-data.ts'
import { sampleTalk } from '../../testing/sample-talk.ts'
import { noticeText, reactionNames, readingOf, snippetOf } from './message-text.ts'

const you = sampleAccountId('You')
const nameOf = (account: string) => (account === you ? 'You' : 'Wendy')
const messages = sampleMessages(sampleTalk, you, sampleNow)
const reading = (index: number) => readingOf(messages.at(index)!, 'X', nameOf).replace(/\d\d:\d\d/, 'now')

test('a message reads name, text, time and state, with names for accounts', () => {
  expect(reading(-1)).toBe('X, And this one waits for the network, now, Waiting for network')
  expect(reading(1)).toBe('X, Look at the pier: thousands of them, and not one collision., now')
  expect(reading(4)).toBe('X, Ask @You, or @Wendy, now, Delivered; stored on 7 of 7 nodes')
  expect(reading(5)).toBe('X, This message was deleted, now')
})

test('a snippet is one line, not too long, and of a file its kind', () => {
  expect(snippetOf('a\n\nb', nameOf)).toBe('a b')
  expect(snippetOf('', nameOf)).toBe('A file')
  expect(snippetOf('x'.repeat(5000), nameOf)).toHaveLength(200)
})

test('lines say who did what', () => {
  const expiration = { mode: 'afterRead', seconds: 300 } as const
  expect(noticeText({ kind: 'timerChanged', expiration }, 'Wendy')).toBe(
    'Wendy: messages disappear 5 minutes after reading',
  )
  expect(noticeText({ kind: 'timerChanged' }, 'You')).toBe('You: messages no longer disappear')
  expect(noticeText({ kind: 'screenshot' }, 'Wendy')).toBe('Wendy took a screenshot')
  expect(reactionNames({ emoji: '👍', authors: [you, sampleAccountId('Wendy')], mine: true }, nameOf)).toBe(
    'You and Wendy',
  )
})
