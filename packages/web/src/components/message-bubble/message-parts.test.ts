import { test } from 'node:test'
import { findMentions } from '@starling/client'
import { expect } from 'expect'
import { sampleAccountId } from '../../testing/sample-data.ts'
import { messageParts } from './message-parts.ts'

const you = sampleAccountId('You')
const nameOf = (account: string) => (account === you ? 'You' : 'Zoë')

test('names stand where accounts stood, between plain text and links', () => {
  const text = `\u202Eask @${you} or www.example.org, @${sampleAccountId('Zoe')}`
  const mentions = findMentions(text).map((mention) => ({ ...mention, isSelf: mention.account === you }))
  expect(messageParts(text, mentions, nameOf)).toEqual([
    { kind: 'text', text: 'ask ' },
    { kind: 'mention', name: '@You', isSelf: true },
    { kind: 'text', text: ' or ' },
    { kind: 'link', text: 'www.example.org', url: 'https://www.example.org/' },
    { kind: 'text', text: ', ' },
    { kind: 'mention', name: '@Zoë', isSelf: false },
  ])
  expect(messageParts('', [], nameOf)).toEqual([])
})
