import { test } from 'node:test'
import { type OutgoingPreview, PreviewError } from '@starling/client'
import { expect } from 'expect'
import { FakeClient } from '../../testing/fake-client.ts'
import { sampleNow } from '../../testing/sample-data.ts'
import { sampleNetwork } from '../../testing/sample-network.ts'
import { createDraftPreview } from './draft-preview.ts'

const NEWS = 'https://news.example/story'
const OTHER = 'https://other.example/'
const settled = () => new Promise((resolve) => setImmediate(resolve))

type Asked = PromiseWithResolvers<OutgoingPreview | undefined> & { readonly text: string; readonly signal: AbortSignal }

/** `pause` lets the time of a pause pass. */
function setUp({ isOn = true, services = 1 } = {}) {
  const asked: Asked[] = []
  const network = sampleNetwork.connected(sampleNow)
  const client = new FakeClient({
    settings: { linkPreviews: isOn },
    network: services === 0 ? network : { ...network, previewServices: services },
  })
  const preview = (text: string, { signal }: { signal?: AbortSignal } = {}) => {
    const answer = Promise.withResolvers<OutgoingPreview | undefined>()
    asked.push({ ...answer, text, signal: signal! })
    return answer.promise
  }
  const waiting = new Set<() => void>()
  const model = createDraftPreview({
    client: Object.assign(client, { files: { ...client.files, preview } }),
    schedule: (run) => {
      waiting.add(run)
      return () => waiting.delete(run)
    },
  })
  const pause = async () => {
    const due = [...waiting]
    waiting.clear()
    for (const run of due) run()
    await settled()
  }
  const write = async (text: string) => {
    model.type(text)
    await pause()
  }
  return { model, client, asked, pause, write, waits: () => waiting.size }
}

test('a link is asked for after a pause, alone and once, and goes with the message', async () => {
  const { model, asked, pause, write } = setUp()
  for (const text of ['read https://news.ex', 'read https://news.example/st', `read ${NEWS}`]) model.type(text)
  expect(asked).toEqual([])
  await pause()
  expect(asked.map(({ text }) => text)).toEqual([NEWS])
  expect(model.snapshot).toEqual({ kind: 'fetching', url: NEWS })
  asked[0]!.resolve({ url: NEWS, title: 'News' })
  await settled()
  await write(`read ${NEWS} today`)
  expect(asked.length).toBe(1)
  expect(model.take(`read ${NEWS} today`)).toEqual({ url: NEWS, title: 'News' })
  expect(model.snapshot).toEqual({ kind: 'none' })
})

test('nothing is asked for while previews are off or no service is listed', async () => {
  for (const options of [{ isOn: false }, { services: 0 }, { isOn: false, services: 0 }]) {
    const { asked, write, waits, model } = setUp(options)
    model.type(NEWS)
    expect(waits()).toBe(0)
    await write(NEWS)
    expect(asked).toEqual([])
  }
})

test('switched off in a pause, on the way or when it is there, a preview is gone', async () => {
  const { model, client, asked, pause, write } = setUp()
  const turn = (linkPreviews: boolean) => client.changeSettings({ linkPreviews })
  model.type(NEWS)
  await turn(false)
  await pause()
  expect(asked).toEqual([])
  await turn(true)
  await write(NEWS)
  await turn(false)
  expect(asked[0]?.signal.aborted).toBe(true)
  expect(model.snapshot.kind).toBe('none')
  await turn(true)
  await write(`${NEWS} `)
  asked[1]!.resolve({ url: NEWS, title: 'News' })
  await settled()
  await turn(false)
  expect(model.take(NEWS)).toBe(undefined)
})

test('another link calls the first one off, whose answer counts no more; without a link there is nothing', async () => {
  const { model, asked, write } = setUp()
  await write(NEWS)
  model.type(OTHER)
  expect(asked[0]?.signal.aborted).toBe(true)
  expect(model.snapshot).toEqual({ kind: 'none' })
  await write(OTHER)
  asked[0]!.resolve({ url: NEWS, title: 'late' })
  await settled()
  expect(model.snapshot).toEqual({ kind: 'fetching', url: OTHER })
  asked[1]!.resolve({ url: OTHER, title: 'Other' })
  await settled()
  expect(model.snapshot.kind).toBe('ready')
  await write('no link')
  expect(model.snapshot).toEqual({ kind: 'none' })
})

test('a message that is sent before its preview is there goes without, and the preview is called off', async () => {
  const { model, asked, pause, write } = setUp()
  await write(NEWS)
  expect(model.take(NEWS)).toBe(undefined)
  expect(asked[0]?.signal.aborted).toBe(true)
  model.type(OTHER)
  expect(model.take(OTHER)).toBe(undefined)
  await pause()
  expect(asked.length).toBe(1)
})

test('what was removed stays away for this link, until a message was sent', async () => {
  const { model, asked, write } = setUp()
  await write(NEWS)
  model.remove()
  expect(asked[0]?.signal.aborted).toBe(true)
  await write(`${NEWS} again`)
  expect(asked.length).toBe(1)
  expect(model.take(`${NEWS} again`)).toBe(undefined)
  await write(NEWS)
  expect(asked.length).toBe(2)
})

test('a page that cannot be had, or says nothing, is asked for once and stands in nobody’s way', async () => {
  const { model, asked, write } = setUp()
  await write(NEWS)
  asked[0]!.reject(new PreviewError('page_unreachable'))
  await settled()
  expect(model.snapshot).toEqual({ kind: 'failed', url: NEWS })
  await write(`${NEWS} still`)
  expect(asked.length).toBe(1)
  expect(model.take(NEWS)).toBe(undefined)
  await write(OTHER)
  asked[1]!.resolve(undefined)
  await settled()
  expect(model.snapshot).toEqual({ kind: 'failed', url: OTHER })
})

test('a preview whose link is not in the text as it goes out stays here', async () => {
  const { model, asked, write } = setUp()
  await write('https://news.example/@Wendy')
  asked[0]!.resolve({ url: 'https://news.example/@Wendy', title: 'Wendy' })
  await settled()
  expect(model.take(`https://news.example/@${'05'.repeat(33)}`)).toBe(undefined)
})

test('the preview of a message that could not be sent comes back, unless there is another one', async () => {
  const { model, asked, write } = setUp()
  await write(NEWS)
  asked[0]!.resolve({ url: NEWS, title: 'News' })
  await settled()
  const taken = model.take(NEWS)
  model.putBack(taken)
  expect(model.snapshot).toEqual({ kind: 'ready', url: NEWS, preview: taken })
  model.take(NEWS)
  await write(OTHER)
  model.putBack(taken)
  expect(model.snapshot.url).toBe(OTHER)
})

test('when the chat is left, what is under way ends', async () => {
  const { model, client, asked, write, pause } = setUp()
  await write(NEWS)
  model.type(`${NEWS} and`)
  model[Symbol.dispose]()
  await pause()
  expect(asked.map(({ signal }) => signal.aborted)).toEqual([true])
  await client.changeSettings({ linkPreviews: false })
})
