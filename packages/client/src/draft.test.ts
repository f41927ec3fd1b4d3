import { test } from 'node:test'
import { seconds } from '@starling/protocol'
import { expect } from 'expect'
import type { Client, MessageId } from './api.ts'
import { FakeNetwork } from './testing/fake-network.ts'
import { accountOf, befriend, idWith, messagesOf, newcomer } from './testing/meet.ts'

const summaryOf = (client: Client, other: Client) =>
  client.conversations.snapshot.find(({ id }) => id === idWith(other))

test('a draft and what it answers are there after a restart, and go together with the message', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  const alice = await newcomer(net, 'Alice', device)
  await using bob = await newcomer(net, 'Bob')
  await befriend(net, alice, bob)
  const [answered] = await messagesOf(alice, accountOf(bob))
  await alice.updateConversation(idWith(bob), { draft: 'of course', draftQuote: answered!.id })
  await net.clock.advance(seconds(1))
  await alice[Symbol.asyncDispose]()

  await using again = await net.open(device)
  expect(summaryOf(again, bob)).toMatchObject({ draft: 'of course', draftQuote: answered!.id })
  await again.updateConversation(idWith(bob), { draft: 'of course not' })
  expect(summaryOf(again, bob)?.draftQuote).toBe(answered!.id)
  await again.send(idWith(bob), { text: 'of course', quote: answered!.id })
  expect(summaryOf(again, bob)?.draft).toBe('')
  expect(summaryOf(again, bob)).not.toHaveProperty('draftQuote')
})

test('an answer is dropped by itself, and nothing but a message can be one', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  await befriend(net, alice, bob)
  const [answered] = await messagesOf(alice, accountOf(bob))
  await alice.updateConversation(idWith(bob), { draft: 'hm', draftQuote: answered!.id })
  await alice.updateConversation(idWith(bob), { draftQuote: '' })
  expect(summaryOf(alice, bob)?.draft).toBe('hm')
  expect(summaryOf(alice, bob)).not.toHaveProperty('draftQuote')
  const wrong = alice.updateConversation(idWith(bob), { draftQuote: 'anything' as MessageId })
  await expect(wrong).rejects.toMatchObject({ code: 'account_id' })
})
