import { test } from 'node:test'
import { expect } from 'expect'
import { sampleAccountId, sampleMessages, sampleNow } from '../../testing/sample-data.ts'
import { sampleTalk } from '../../testing/sample-talk.ts'
import { canReact, canReply, latestAnswerable } from './message-actions.ts'

const messages = sampleMessages(sampleTalk, sampleAccountId('You'), sampleNow)

test('nothing goes out to strangers, and nothing about lines and deleted messages', () => {
  expect(messages.some((message) => canReply(message, false) || canReact(message, false))).toBe(false)
  for (const message of messages) {
    const isQuiet = message.deleted === true || message.body.kind === 'notice'
    expect(canReply(message, true)).toBe(!isQuiet)
  }
})

test('a message that was not sent is no reason to react', () => {
  const failed = { ...messages[1]!, delivery: { kind: 'failed', reason: 'refused' } as const }
  expect([canReply(failed, true), canReact(failed, true)]).toEqual([true, false])
})

test('keys act on the latest message of the other side, else on the latest', () => {
  const text = (found: ReturnType<typeof latestAnswerable>) => found?.body.kind === 'text' && found.body.text
  expect(text(latestAnswerable(messages))).toBe('This one goes in two hours')
  const own = messages.filter(({ direction }) => direction === 'outgoing')
  expect(text(latestAnswerable(own))).toBe('And this one waits for the network')
  expect(latestAnswerable([])).toBeUndefined()
})
