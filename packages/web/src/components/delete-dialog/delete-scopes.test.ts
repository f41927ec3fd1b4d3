import { test } from 'node:test'
import { expect } from 'expect'
import { sampleAccountId, sampleMessages, sampleNow } from '../../testing/sample-data.ts'
import { sampleTalk } from '../../testing/sample-talk.ts'
import { deleteScopes } from './delete-scopes.ts'

const messages = sampleMessages(sampleTalk, sampleAccountId('You'), sampleNow)
const own = messages.filter(({ direction, body }) => direction === 'outgoing' && body.kind === 'text')

test('own messages that are out can be deleted for everyone, and only those', () => {
  expect(deleteScopes(own, false)).toEqual(['thisDevice', 'myDevices', 'everyone'])
  expect(deleteScopes(messages, false)).toEqual(['thisDevice', 'myDevices'])
  expect(deleteScopes([{ ...own[0]!, delivery: { kind: 'failed', reason: 'refused' } }], false)).not.toContain(
    'everyone',
  )
  expect(deleteScopes(own, true)).not.toContain('everyone')
  expect(deleteScopes([], false)).not.toContain('everyone')
})
