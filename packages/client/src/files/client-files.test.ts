/** Files from client to client, over a storage that both reach. */
import { test } from 'node:test'
import { equalBytes, seconds, utf8 } from '@starling/protocol'
import { expect } from 'expect'
import type { Client, ConversationId } from '../api.ts'
import { FakeNetwork } from '../testing/fake-network.ts'
import { accountOf, messagesOf, newcomer } from '../testing/meet.ts'
import { MemoryFileStorage } from './memory-file-storage.ts'

const file = Uint8Array.from({ length: 100_000 }, (_, i) => i % 241)
const coded = (code: string) => expect.objectContaining({ code })
const LINK = 'https://news.example/'

const conversationWith = (client: Client, other: Client): Promise<ConversationId> =>
  client.startConversation(accountOf(other))

test('a voice message and a picture reach their recipient, who sees neither address nor key', async () => {
  const net = new FakeNetwork()
  net.files = new MemoryFileStorage()
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  const voice = await alice.files.upload({ bytes: file, contentType: 'audio/aac', isVoice: true })
  const sent = await alice.send(await conversationWith(alice, bob), { attachments: [voice] })
  await net.until(() => bob.conversations.snapshot.length > 0, seconds(5))
  const [message] = await messagesOf(bob, accountOf(alice))
  expect(message?.attachments).toEqual([{ index: 0, isVoice: true, contentType: 'audio/aac', size: file.length }])
  expect(equalBytes(await bob.files.download(message!.id, 0), file)).toBe(true)
  expect(equalBytes(await alice.files.download(sent, 0), file)).toBe(true)
  await expect(bob.files.download(message!.id, 1)).rejects.toThrow(coded('unknown_message'))
  const picture = await alice.files.uploadPicture(file)
  await alice.setProfilePicture(picture)
  await alice.send(await conversationWith(alice, bob), 'look')
  await net.until(() => bob.conversations.snapshot[0]?.picture !== undefined, seconds(5))
  const theirs = bob.conversations.snapshot[0]!.picture!
  expect(equalBytes(await bob.files.downloadPicture(theirs), file)).toBe(true)
})

test('without a storage files fail, and texts do not', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await expect(alice.files.upload({ bytes: file })).rejects.toThrow(coded('files_unavailable'))
  await expect(alice.files.uploadPicture(file)).rejects.toThrow(coded('files_unavailable'))
  const picture = { url: 'http://files/file/1', key: new Uint8Array(32) }
  await expect(alice.files.downloadPicture(picture)).rejects.toThrow(coded('files_unavailable'))
  await alice.send(await conversationWith(alice, alice), 'a text')
})

test('nothing is fetched for a preview until the person switches it on', async () => {
  const net = new FakeNetwork()
  let asked = 0
  net.previews = {
    canReach: () => true,
    async fetch() {
      asked++
      return { contentType: 'text/html', body: utf8('<title>News</title>') }
    },
  }
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  expect(await alice.files.preview(`see ${LINK}`)).toBe(undefined)
  expect(asked).toBe(0)
  await alice.changeSettings({ linkPreviews: true })
  const preview = await alice.files.preview(`see ${LINK}`)
  expect(preview).toEqual({ url: LINK, title: 'News' })
  await alice.send(await conversationWith(alice, bob), { text: `see ${LINK}`, preview: preview! })
  await net.until(() => bob.conversations.snapshot.length > 0, seconds(5))
  const [message] = await messagesOf(bob, accountOf(alice))
  expect(message?.previews).toEqual([{ url: LINK, title: 'News' }])
  expect(asked).toBe(1)
})

test('a preview that the person asked for is made though previews are switched off', async () => {
  const net = new FakeNetwork()
  const fetch = async () => ({ contentType: 'text/html', body: utf8('<title>News</title>') })
  net.previews = { canReach: () => true, fetch }
  await using alice = await newcomer(net, 'Alice')
  expect(await alice.files.preview(`see ${LINK}`, { asked: true })).toEqual({ url: LINK, title: 'News' })
  expect(await alice.files.preview(`see ${LINK}`, { asked: false })).toBe(undefined)
})

test('the image of a preview is a file behind the attachments, and its address and key stay inside', async () => {
  const net = new FakeNetwork()
  net.files = new MemoryFileStorage()
  const image = Uint8Array.of(0x89, 0x50, 0x4e, 0x47)
  net.previews = {
    canReach: () => true,
    fetch: async (url) =>
      url === LINK
        ? { contentType: 'text/html', body: utf8('<title>News</title><meta property="og:image" content="/a.png">') }
        : { contentType: 'image/png', body: image },
  }
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  const preview = await alice.files.preview(LINK, { asked: true })
  const voice = await alice.files.upload({ bytes: file, isVoice: true })
  const draft = { text: LINK, attachments: [voice], preview: preview! }
  const sent = await alice.send(await conversationWith(alice, bob), draft)
  await net.until(() => bob.conversations.snapshot.length > 0, seconds(5))
  const [message] = await messagesOf(bob, accountOf(alice))
  const shown = { index: 1, isVoice: false, contentType: 'image/png', size: 4 }
  expect(message?.previews).toEqual([{ url: LINK, title: 'News', image: shown }])
  expect(equalBytes(await bob.files.download(message!.id, 1), image)).toBe(true)
  expect(equalBytes(await alice.files.download(sent, 1), image)).toBe(true)
  await expect(bob.files.download(message!.id, 2)).rejects.toThrow(coded('unknown_message'))
})

test('what is under way ends with the client, or when it is called off', async () => {
  const net = new FakeNetwork()
  const waiting = ({ signal }: { signal: AbortSignal }) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  net.files = {
    upload: (_blob, options) => waiting(options),
    async *download(_url, options) {
      yield await waiting(options)
    },
  }
  const alice = await newcomer(net, 'Alice')
  const reason = new Error('enough')
  const off = new AbortController()
  const calledOff = alice.files.upload({ bytes: file }, { signal: off.signal })
  off.abort(reason)
  await expect(calledOff).rejects.toBe(reason)
  const underWay = alice.files.upload({ bytes: file })
  const ended = expect(underWay).rejects.toThrow()
  await alice[Symbol.asyncDispose]()
  await ended
})
