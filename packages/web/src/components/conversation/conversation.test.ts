import { test } from 'node:test'
import type { ConversationId, MessageId } from '@starling/client'
import { expect } from 'expect'
import { FakeClient, type FakeClientOptions } from '../../testing/fake-client.ts'
import { longConversation, sampleAccountId } from '../../testing/sample-data.ts'
import { sampleTalk } from '../../testing/sample-talk.ts'
import { stageFiles } from '../composer/staged-files.ts'
import type { ImagePorts } from '../image-grid/media.ts'
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
  expect(await model.send({ text: 'See you there' })).toBe(true)
  expect(ready().history.messages.at(-1)).toMatchObject({
    body: { kind: 'text', text: 'See you there' },
    delivery: { kind: 'queued' },
  })
})

test('a preview goes with the message, alone or with what else is in it', async () => {
  const { model, ready } = await open('Wendy')
  const preview = { url: 'https://news.example/', title: 'News' }
  const [answered] = ready().history.messages
  for (const quote of [undefined, answered!.id]) {
    expect(await model.send({ text: 'read https://news.example/', preview, quote })).toBe(true)
    expect(ready().history.messages.at(-1)).toMatchObject({ previews: [preview] })
  }
})

test('a message that could not be kept is said, and its text stays with the caller', async () => {
  const { model, ready } = await open('Wendy', { failing: { send: 'store_unavailable' } })
  expect(await model.send({ text: 'lost?' })).toBe(false)
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
  await model.deleteMessages([failed!.id], 'thisDevice')
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

const talk = { conversations: [sampleTalk] }

test('a reaction is added, and taken back by the same press', async () => {
  const { model, ready } = await open('Wendy', talk)
  const last = () => ready().history.messages.at(-1)!
  await model.toggleReaction(last(), '☕')
  expect(last().reactions).toMatchObject([{ emoji: '☕', mine: true }])
  await model.toggleReaction(last(), '☕')
  expect(last().reactions).toEqual([])
})

test('more reactions than may go out are said as what they are', async () => {
  const { model, ready } = await open('Wendy', { ...talk, failing: { react: 'rate_limited' } })
  expect(await model.toggleReaction(ready().history.messages.at(-1)!, '☕')).toBe(false)
  expect(ready().notice).toBe('tooManyReactions')
})

test('an answer goes out with its quote', async () => {
  const { model, ready } = await open('Wendy', talk)
  const [, quoted] = ready().history.messages
  await model.send({ text: 'indeed', quote: quoted!.id })
  expect(ready().history.messages.at(-1)?.quote).toMatchObject({ state: 'found', messageId: quoted!.id })
})

test('files that cannot be stored hold the whole message back, and that is said', async () => {
  const { model, ready } = await open('Wendy')
  const before = ready().history.messages.length
  const { files } = stageFiles({ files: [], isFull: false }, [new File(['x'], 'x.txt')], async () => ({
    bytes: new Uint8Array(),
  }))
  expect(await model.send({ text: 'with a file', files })).toBe(false)
  expect(ready().notice).toBe('filesNotYet')
  expect(ready().history.messages).toHaveLength(before)
})

test('an image that nobody can clean holds the message back, and that is said', async () => {
  const { model, ready } = await open('Wendy')
  const { files } = stageFiles({ files: [], isFull: false }, [new File(['x'], 'x.heic', { type: 'image/heic' })], () =>
    Promise.reject(Object.assign(new Error('unreadable'), { code: 'image_unreadable' })),
  )
  expect(await model.send({ text: '', files })).toBe(false)
  expect(ready().notice).toBe('imageUnreadable')
})

test('files that somebody stops on their way are not sent, and nothing is said', async () => {
  const { client, model, ready } = await open('Wendy')
  const life = new AbortController()
  Object.assign(client.files, {
    upload: async () => {
      life.abort()
      return { url: 'http://files/file/1', key: new Uint8Array(64) }
    },
  })
  const before = ready().history.messages.length
  const { files } = stageFiles({ files: [], isFull: false }, [new File(['x'], 'x.txt')], async () => ({
    bytes: new Uint8Array(),
  }))
  expect(await model.send({ text: 'stopped', files, signal: life.signal })).toBe(false)
  expect([ready().notice, ready().history.messages.length]).toEqual([undefined, before])
})

test('a picture that was just sent is shown at once, and goes with its message', async () => {
  const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 7)
  const urls = new Set<string>()
  const ports: ImagePorts = {
    makeUrl: () => {
      urls.add(`blob:${urls.size}`)
      return `blob:${urls.size - 1}`
    },
    revokeUrl: (url) => urls.delete(url),
    measure: async () => ({ width: 4, height: 3 }),
    shrink: async (blob) => blob,
    saveFile: () => {},
  }
  const client = new FakeClient()
  Object.assign(client.files, { upload: async () => ({ url: 'http://files/file/1', key: new Uint8Array(64) }) })
  const model = createConversation({ client, id: idOf('Wendy'), positions: createLogPositions(), ports })
  await settled()
  const photo = new File([jpeg], 'a.jpg', { type: 'image/jpeg' })
  const { files } = stageFiles({ files: [], isFull: false }, [photo], async () => ({ bytes: jpeg.slice() }))
  expect(await model.send({ text: '', files })).toBe(true)
  const sent = readyView(model).history.messages.at(-1)!
  const view = model.media.stateOf(sent.id, 0)
  while (view.snapshot.kind !== 'shown') await settled()
  expect(urls.size).toBe(2)
  await model.deleteMessages([sent.id], 'thisDevice')
  expect(urls.size).toBe(0)
})

test('a chat of many pages is cleared to the last message, and stays', async () => {
  const { model, ready } = await open('Alice', { conversations: [longConversation(350)] })
  expect(await model.clear('thisDevice')).toBe(true)
  expect(ready().history).toMatchObject({ messages: [], hasOlder: false })
})

test('a jump to a message that is gone is said, to one far back moves the window', async () => {
  const { model, ready } = await open('Alice', { conversations: [longConversation(1000)] })
  expect(await model.jumpTo('Alice-5' as MessageId)).toBe(true)
  expect(ready().history.messages.some(({ id }) => id === 'Alice-5')).toBe(true)
  expect(await model.jumpTo('gone' as MessageId)).toBe(false)
  expect(ready().notice).toBe('originalGone')
})

test('accounts have the names of their chats, and whoever has none the ends of their ID', async () => {
  const { model } = await open('Wendy')
  expect(model.nameOf(sampleAccountId('You'))).toBe('You')
  expect(model.nameOf(sampleAccountId('Wendy'))).toBe('Wendy')
  expect(model.nameOf(sampleAccountId('Nobody'))).toMatch(/^05[0-9a-f]{4}…[0-9a-f]{4}$/)
})
