import { test } from 'node:test'
import type { ConversationId, MessageId } from '@starling/client'
import { expect } from 'expect'
import { FakeClient, type FakeClientOptions } from '../../testing/fake-client.ts'
import { longConversation, sampleAccountId } from '../../testing/sample-data.ts'
import { createLogPositions } from '../message-log/log-positions.ts'
import { createConversation } from './conversation.ts'

const idOf = (name: string) => sampleAccountId(name) as string as ConversationId
const settled = () => new Promise((resolve) => setImmediate(resolve))

async function open(name: string, options: FakeClientOptions = {}, positions = createLogPositions()) {
  const client = new FakeClient(options)
  const model = createConversation({ client, id: idOf(name), positions })
  await settled()
  return { client, model, positions, ready: () => readyView(model) }
}

function readyView(model: ReturnType<typeof createConversation>) {
  const view = model.snapshot
  if (view.kind !== 'ready') throw new Error(`it is ${view.kind}`)
  return view
}

test('opens with the summary at once and with the messages a moment later', async () => {
  const model = createConversation({ client: new FakeClient(), id: idOf('Wendy'), positions: createLogPositions() })
  expect(model.snapshot).toMatchObject({ kind: 'loading', summary: { title: 'Wendy' } })
  await settled()
  expect(readyView(model).history.messages.length).toBeGreaterThan(3)
  await model[Symbol.asyncDispose]()
})

test('a sent message appears as queued', async () => {
  const { model, ready } = await open('Wendy')
  expect(await model.send('See you there')).toBe(true)
  expect(ready().history.messages.at(-1)).toMatchObject({
    body: { kind: 'text', text: 'See you there' },
    delivery: { kind: 'queued' },
  })
})

test('a message that could not be kept is said, and its text stays with the caller', async () => {
  const { model, ready } = await open('Wendy', { failing: { send: 'store_unavailable' } })
  expect(await model.send('lost?')).toBe(false)
  expect(ready().notice).toBe('sendFailed')
  model.dismissNotice()
  expect(ready().notice).toBeUndefined()
})

test('a history that cannot be opened is a failed state with its code, and can be tried again', async () => {
  const { model } = await open('Wendy', { failing: { history: 'store_unreadable' } })
  expect(model.snapshot).toEqual({ kind: 'failed', code: 'store_unreadable' })
  await model.reopen()
  expect(model.snapshot.kind).toBe('failed')
})

test('a conversation that is deleted is gone', async () => {
  const { model } = await open('Jun')
  await model.deleteConversation()
  expect(model.snapshot).toEqual({ kind: 'gone' })
})

test('accepting a request makes it a contact', async () => {
  const { model, ready } = await open('Grace')
  expect(ready().summary.kind).toBe('request')
  await model.change({ accepted: true })
  expect(ready().summary.kind).toBe('contact')
})

test('a change that could not be kept is said', async () => {
  const { model, ready } = await open('Wendy', { failing: { updateConversation: 'store_unavailable' } })
  expect(await model.change({ nickname: 'W' })).toBe(false)
  expect(ready().notice).toBe('actionFailed')
})

test('a failed message is tried again or deleted', async () => {
  const { model, ready } = await open('Priya')
  const [failed] = ready().history.messages
  await model.retry(failed!.id)
  expect(ready().history.messages[0]?.delivery?.kind).toBe('queued')
  await model.deleteForMe(failed!.id)
  expect(ready().history.messages.some((message) => message.id === failed!.id)).toBe(false)
})

test('opens where the reader was, further back than the first page', async () => {
  const conversations = [longConversation(1000)]
  const positions = createLogPositions()
  const anchor = 'Alice-700' as MessageId
  positions.set(idOf('Alice'), { anchor, offset: 12 })
  const { model, ready } = await open('Alice', { conversations }, positions)
  expect(model.position).toEqual({ anchor, offset: 12 })
  expect(ready().history.messages.some((message) => message.id === anchor)).toBe(true)
})

test('a place that is no longer there opens at the end', async () => {
  const conversations = [longConversation(1000)]
  const positions = createLogPositions()
  positions.set(idOf('Alice'), { anchor: 'deleted' as MessageId, offset: 0 })
  const { ready } = await open('Alice', { conversations }, positions)
  expect(ready().history.hasNewer).toBe(false)
  expect(ready().history.messages.at(-1)?.id).toBe('Alice-999')
})
