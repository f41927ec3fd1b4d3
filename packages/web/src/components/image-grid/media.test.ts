import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { type AttachmentView, type FileCalls, FileStorageError, type MessageView } from '@starling/client'
import { expect } from 'expect'
import { FakeClient } from '../../testing/fake-client.ts'
import { sampleAccountId, sampleConversations, sampleMessages, sampleNow } from '../../testing/sample-data.ts'
import { createMedia } from './media.ts'

const jpeg = (size = 20) => Uint8Array.from({ length: size }, (_, at) => [0xff, 0xd8, 0xff][at] ?? 7)
const attachment: AttachmentView = { index: 0, size: 40, contentType: 'image/jpeg', fileName: 'a.jpg', isVoice: false }
const [plain] = sampleMessages(sampleConversations[0]!, sampleAccountId('You'), sampleNow)
const message: MessageView = { ...plain!, attachments: [attachment] }
const copies = (count: number): MessageView[] =>
  Array.from({ length: count }, (_, at) => ({ ...message, id: `${message.id}-${at}` as MessageView['id'] }))

type Download = FileCalls['download']

function set(download: Download, { isStranger = false, size = { width: 2000, height: 1000 } } = {}) {
  const client = new FakeClient()
  Object.assign(client, { files: { ...client.files, download } })
  const urls = new Set<string>()
  const saved: { name: string; type: string; size: number }[] = []
  const shrunk: unknown[] = []
  let made = 0
  const media = createMedia({
    client,
    isStranger: () => isStranger,
    ports: {
      makeUrl: () => {
        urls.add(`blob:${++made}`)
        return `blob:${made}`
      },
      revokeUrl: (url) => urls.delete(url),
      measure: async () => size,
      shrink: async (_blob, to) => {
        shrunk.push(to)
        return new Blob(['small'])
      },
      saveFile: (name, content) => saved.push({ name, type: content.type, size: content.size }),
    },
  })
  const state = (of = message) => media.stateOf(of.id, 0).snapshot
  return { client, media, urls, saved, shrunk, state }
}

test('a picture waits for somebody to ask, says how far it is, and is shown in two sizes', async () => {
  const { media, state, urls, shrunk } = set(async (_message, _index, { onProgress } = {}) => {
    onProgress?.({ bytes: 10 })
    return jpeg()
  })
  const seen: string[] = []
  media.stateOf(message.id, 0).subscribe((view) => seen.push(view.kind === 'loading' ? `${view.part}` : view.kind))
  await media.load(message, attachment)
  expect(seen).toEqual(['waiting', '0', '0.25', 'shown'])
  expect(state()).toMatchObject({ kind: 'shown', preview: 'blob:2', whole: 'blob:1', width: 2000, height: 1000 })
  expect(shrunk).toEqual([{ width: 1120, height: 560 }])
  expect(urls.size).toBe(2)
})

test('of a stranger nothing is loaded and nothing is saved', async () => {
  let asked = 0
  const { media, state, saved } = set(async () => jpeg(++asked + 20), { isStranger: true })
  await media.load(message, attachment)
  expect(await media.save(message, attachment)).toBe(false)
  expect([asked, saved.length, state().kind]).toEqual([0, 0, 'waiting'])
})

test('what is no picture, or too large a one, gets no address that stays', async () => {
  const page = set(async () => new TextEncoder().encode('<!doctype html><script>'))
  await page.media.load(message, attachment)
  expect([page.state(), page.urls.size]).toEqual([{ kind: 'failed', why: 'notImage' }, 0])
  const bomb = set(async () => jpeg(), { size: { width: 30_000, height: 30_000 } })
  await bomb.media.load(message, attachment)
  expect([bomb.state(), bomb.urls.size, bomb.shrunk.length]).toEqual([{ kind: 'failed', why: 'tooLarge' }, 0, 0])
})

test('a failure says what it is, and the same can be tried again', async () => {
  for (const [code, why] of [
    ['files_unavailable', 'noPlace'],
    ['file_gone', 'gone'],
    ['storage_unreachable', 'unreachable'],
    ['open_failed', 'wrong'],
    ['file_too_large', 'wrong'],
    ['leader_changed', 'unreachable'],
  ] as const) {
    const { media, state } = set(() => Promise.reject(Object.assign(new Error(code), { code })))
    await media.load(message, attachment)
    expect(state()).toEqual({ kind: 'failed', why })
  }
  let isAway = true
  const again = set(async () => {
    if (isAway) throw new FileStorageError('storage_unreachable')
    return jpeg()
  })
  await again.media.load(message, attachment)
  isAway = false
  await again.media.load(message, attachment)
  expect(again.state().kind).toBe('shown')
})

/** Never comes. */
const endless: Download = (_message, _index, { signal } = {}) =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))

test('what is stopped waits again, and at most three are on their way', async () => {
  let asked = 0
  const { media, state } = set((...args) => {
    asked++
    return endless(...args)
  })
  const messages = copies(5)
  const all = messages.map((each) => media.load(each, attachment))
  await setImmediate()
  expect(asked).toBe(3)
  for (const each of messages) media.cancel(each.id, 0)
  await Promise.all(all)
  expect([asked, ...messages.map((each) => state(each).kind)]).toEqual([3, ...messages.map(() => 'waiting')])
})

test('what is not in the history any more is forgotten with its addresses, also on its way', async () => {
  const { media, urls } = set(async () => jpeg())
  await media.load(message, attachment)
  media.retain([message])
  expect(urls.size).toBe(2)
  media.retain([{ ...message, attachments: [], deleted: true }])
  expect(urls.size).toBe(0)
  const slow = set(endless)
  const loading = slow.media.load(message, attachment)
  slow.media[Symbol.dispose]()
  await loading
  expect(slow.urls.size).toBe(0)
})

test('the picture of a preview is one of the message, and is forgotten with it', async () => {
  const { media, urls } = set(async () => jpeg())
  const image = { ...attachment, index: 1 }
  const linked = { ...message, previews: [{ url: 'https://a.example/', image }, { url: 'https://a.example/b' }] }
  await media.load(linked, image)
  media.retain([linked])
  expect(urls.size).toBe(2)
  media.retain([{ ...linked, previews: [] }])
  expect(urls.size).toBe(0)
})

test('more than 64 MB are not kept: the oldest wait again', async () => {
  const { media, urls, state } = set(async () => jpeg(10_000_000))
  const messages = copies(7)
  for (const each of messages) await media.load(each, attachment)
  expect(messages.map((each) => state(each).kind)).toEqual(['waiting', ...Array(6).fill('shown')])
  expect(urls.size).toBe(12)
})

test('a saved picture keeps what it is, its sender is told, and nothing is loaded twice', async () => {
  let asked = 0
  const { media, saved, client, state } = set(async () => jpeg(20 + asked++))
  await media.load(message, attachment)
  expect(await media.save(message, { ...attachment, fileName: '../flock' })).toBe(true)
  expect(saved).toEqual([{ name: '_flock.jpg', type: 'image/jpeg', size: 20 }])
  expect([asked, client.reportedSaved, state().kind]).toEqual([1, [message.id], 'shown'])
  await media.save({ ...message, direction: 'outgoing' }, attachment)
  expect(client.reportedSaved).toHaveLength(1)
})

test('what is saved unseen is bytes and nothing a browser would open', async () => {
  const { media, saved, state, client } = set(async () => new TextEncoder().encode('<!doctype html><script>'))
  const page = { ...attachment, contentType: 'text/html', fileName: 'page.html' }
  expect(await media.save(message, page)).toBe(true)
  expect(saved).toEqual([{ name: 'page.html', type: 'application/octet-stream', size: 23 }])
  expect([state(), client.reportedSaved]).toEqual([{ kind: 'saved' }, [message.id]])
})

test('what could not be had is not reported as saved', async () => {
  const { media, saved, client, state } = set(() => Promise.reject(new FileStorageError('file_gone')))
  expect(await media.save(message, attachment)).toBe(false)
  expect([saved, client.reportedSaved, state()]).toEqual([[], [], { kind: 'failed', why: 'gone' }])
})

test('what was just sent is shown without a way around', async () => {
  const { media, state } = set(() => Promise.reject(new Error('never asked')))
  await media.keep(message.id, 0, new Blob([jpeg()]))
  expect(state().kind).toBe('shown')
})

test('what this device keeps is shown without being asked for; nothing else is touched', async () => {
  const { client, media, state } = set(() => Promise.reject(Object.assign(new Error('gone'), { code: 'file_gone' })))
  const keep = (kept: FileCalls['kept']) => Object.assign(client.files, { kept })
  keep(async () => undefined)
  await media.loadKept(message, attachment)
  expect(state()).toEqual({ kind: 'waiting' })
  keep(() => Promise.reject(new FileStorageError('storage_unreachable')))
  await media.loadKept(message, attachment)
  expect(state()).toEqual({ kind: 'waiting' })
  keep(async () => jpeg())
  await media.loadKept(message, attachment)
  expect(state().kind).toBe('shown')
  const stranger = set(async () => jpeg(), { isStranger: true })
  Object.assign(stranger.client.files, { kept: async () => jpeg() })
  await stranger.media.loadKept(message, attachment)
  expect(stranger.state()).toEqual({ kind: 'waiting' })
})

test('a picture that is kept takes the place of no answer that came meanwhile', async () => {
  const { client, media, state } = set(() => Promise.reject(new FileStorageError('file_gone')))
  const kept = Promise.withResolvers<Uint8Array>()
  Object.assign(client.files, { kept: () => kept.promise })
  const loading = media.loadKept(message, attachment)
  await media.load(message, attachment)
  kept.resolve(jpeg())
  await loading
  expect(state()).toEqual({ kind: 'failed', why: 'gone' })
})
