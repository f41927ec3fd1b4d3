/** Searching through the client: what was sent, received, deleted and taken back. */
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fromBase64, fromHex, seconds } from '@starling/protocol'
import { expect } from 'expect'
import type { Client } from './api.ts'
import { FakeNetwork } from './testing/fake-network.ts'
import { accountOf, newcomer, sendTo } from './testing/meet.ts'

async function found(client: Client, query: string): Promise<string[]> {
  return (await client.search(query)).map(({ message }) => (message.body.kind === 'text' ? message.body.text : ''))
}

test('messages in both directions are found, with the piece that matches, after a restart too', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  const alice = await newcomer(net, 'Alice', device)
  await using bob = await newcomer(net, 'Bob')
  const [a, b] = [accountOf(alice), accountOf(bob)]
  await sendTo(alice, b, 'Grüße aus Zürich')
  await net.clock.advance(seconds(5))
  await sendTo(bob, a, 'grüne Wiesen, und 東京タワー')
  await net.clock.advance(seconds(5))
  await sendTo(alice, a, 'a note on green things')
  expect(await found(alice, 'GRU')).toEqual(['grüne Wiesen, und 東京タワー', 'Grüße aus Zürich'])
  const [hit] = await alice.search('タワー')
  expect(hit?.matches.map(({ start, end }) => hit.snippet.slice(start, end))).toEqual(['タワー'])
  expect(hit?.message).toMatchObject({ author: b, conversation: b, direction: 'incoming' })
  expect((await alice.search('gr', { conversation: hit!.message.conversation })).length).toBe(2)
  const [newest] = await alice.search('gr')
  const older = await alice.search('gr', { before: newest!.message.id })
  expect(older.length).toBe(2)
  await alice[Symbol.asyncDispose]()
  await using again = await net.open(device)
  expect(await found(again, 'zurich grusse')).toEqual(['Grüße aus Zürich'])
  const called = new AbortController()
  called.abort()
  await expect(again.search('gr', { signal: called.signal })).rejects.toThrow()
})

test('what was deleted or taken back is found no more', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  const [a, b] = [accountOf(alice), accountOf(bob)]
  const first = await sendTo(alice, b, 'secret one')
  const second = await sendTo(alice, b, 'secret two')
  await sendTo(alice, b, 'secret three')
  await net.clock.advance(seconds(5))
  expect(await found(bob, 'secret')).toEqual(['secret three', 'secret two', 'secret one'])
  await alice.deleteMessages([first], 'thisDevice')
  expect(await found(alice, 'secret')).toEqual(['secret three', 'secret two'])
  await alice.deleteMessages([second], 'everyone')
  await net.clock.advance(seconds(5))
  expect(await found(alice, 'secret')).toEqual(['secret three'])
  expect(await found(bob, 'secret')).toEqual(['secret three', 'secret one'])
  await bob.deleteConversation(await bob.startConversation(a))
  expect(await found(bob, 'secret')).toEqual([])
})

test('the messages of a store that had no index are found', async () => {
  const saved = JSON.parse(readFileSync(new URL('store/versions/version-1.json', import.meta.url), 'utf8'))
  const net = new FakeNetwork()
  const device = net.device()
  await device.vault.replace(fromHex(saved.storeKey))
  for (const [key, value] of Object.entries<string>(saved.records)) device.disk.records.set(key, fromBase64(value))
  await using alice = await net.open(device)
  await net.clock.advance(seconds(1))
  expect(await found(alice, 'noon')).toEqual(['meet me at noon'])
  expect(await found(alice, '会いま')).toEqual(['東京で会いましょう'])
})
