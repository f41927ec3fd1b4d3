import { test } from 'node:test'
import type { ConversationId, MessageView } from '@starling/client'
import { expect } from 'expect'
import { FakeClient } from '../../testing/fake-client.ts'
import { longConversation, sampleAccountId } from '../../testing/sample-data.ts'
import { createLogPositions } from '../message-log/log-positions.ts'
import { createConversation } from './conversation.ts'
import { asItIsNow } from './reply.ts'

const alice = sampleAccountId('Alice') as string as ConversationId
const settled = () => new Promise((resolve) => setTimeout(resolve))

function world(count = 20, options: { failing?: Record<string, string> } = {}) {
  const client = new FakeClient({ conversations: [longConversation(count)], ...options })
  const kept = () => client.conversations.snapshot.find(({ id }) => id === alice)?.draftQuote
  const open = async () => {
    const model = createConversation({ client, id: alice, positions: createLogPositions() })
    await settled()
    return model
  }
  return { client, kept, open }
}

async function messagesOf(client: FakeClient): Promise<readonly MessageView[]> {
  await using history = await client.history(alice)
  while (history.state.snapshot.hasOlder) await history.loadOlder()
  return history.state.snapshot.messages
}

test('what is answered is kept with the draft, and dropped with it', async () => {
  const { client, kept, open } = world()
  const model = await open()
  const [message] = await messagesOf(client)
  model.reply.answer(message!)
  expect(model.reply.snapshot).toBe(message)
  expect(kept()).toBe(message?.id)
  model.reply.drop()
  expect(model.reply.snapshot).toBeUndefined()
  expect(kept()).toBeUndefined()
})

test('who comes back answers the same message, also one far outside of the window', async () => {
  const { client, open } = world(300)
  const messages = await messagesOf(client)
  for (const message of [messages[0]!, messages.at(-1)!]) {
    await client.updateConversation(alice, { draftQuote: message.id })
    const model = await open()
    expect(model.reply.snapshot?.id).toBe(message.id)
    const view = model.snapshot
    expect(view.kind === 'ready' && view.history.hasNewer).toBe(false)
    await model[Symbol.asyncDispose]()
  }
})

test('a message that is gone is answered no more', async () => {
  const { client, kept, open } = world()
  const [first, second] = await messagesOf(client)
  await client.updateConversation(alice, { draftQuote: first!.id })
  await client.deleteForMe(first!.id)
  expect((await open()).reply.snapshot).toBeUndefined()
  expect(kept()).toBeUndefined()
  await client.updateConversation(alice, { draftQuote: second!.id })
  client.change(second!.id, { deleted: true })
  expect((await open()).reply.snapshot).toBeUndefined()
})

test('what somebody did while it was looked for holds', async () => {
  const { client, kept, open } = world()
  const [first, second] = await messagesOf(client)
  await client.updateConversation(alice, { draftQuote: first!.id })
  const opening = createConversation({ client, id: alice, positions: createLogPositions() })
  opening.reply.answer(second!)
  await settled()
  expect(opening.reply.snapshot).toBe(second)
  expect(kept()).toBe(second?.id)
  expect((await open()).reply.snapshot?.id).toBe(second?.id)
})

test('it goes with the message, and comes back if that could not be sent', async () => {
  const { client, kept, open } = world()
  const [first, second] = await messagesOf(client)
  const model = await open()
  model.reply.answer(first!)
  const taken = model.reply.take()
  expect(model.reply.snapshot).toBeUndefined()
  model.reply.putBack(taken)
  expect(model.reply.snapshot).toBe(first)
  expect(kept()).toBe(first?.id)
  model.reply.take()
  model.reply.answer(second!)
  model.reply.putBack(first)
  expect(model.reply.snapshot).toBe(second)
  await model.send({ text: 'done', quote: model.reply.take()?.id })
  expect(kept()).toBeUndefined()
})

test('it is shown as it is now, also when it has left the window', async () => {
  const { client } = world()
  const messages = await messagesOf(client)
  const changed = { ...messages[0]!, body: { kind: 'text', text: 'changed' } as const }
  expect(asItIsNow(messages[0], [changed])).toBe(changed)
  expect(asItIsNow(messages[0], [messages[1]!])).toBe(messages[0])
  expect(asItIsNow(undefined, messages)).toBeUndefined()
})
