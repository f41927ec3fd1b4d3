/** What devices of one account share of conversations, on the virtual clock against nodes with real keys. */
import { test } from 'node:test'
import { minutes, NAMESPACES, seconds, unixMillis } from '@starling/protocol'
import { expect } from 'expect'
import type { Client } from './api.ts'
import { parseStoreKey } from './store/key-vault.ts'
import { MemoryStore } from './store/memory-store.ts'
import { SealedStore } from './store/sealed-store.ts'
import { TABLES } from './store/tables.ts'
import { FakeNetwork } from './testing/fake-network.ts'
import { accountOf, anotherDevice, befriend, friends, idWith, newcomer, sendTo, textsOf } from './testing/meet.ts'

test('an account that shared no contacts yet, as in earlier versions, shares them when it is opened', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  const first = await newcomer(net, 'Alice', device)
  await using bob = await newcomer(net, 'Bob')
  await befriend(net, first, bob)
  await first.updateConversation(idWith(bob), { nickname: 'Bobby' })
  await first[Symbol.asyncDispose]()
  {
    const { crypto, random } = net
    const key = parseStoreKey(await device.vault.open())
    await using sealed = await SealedStore.open({ store: new MemoryStore(device.disk), key, crypto, random })
    const name = { table: TABLES.singletons, partition: 'contacts', sort: new Uint8Array() }
    await sealed.write([{ kind: 'delete', name }])
  }
  for (const { messages } of net.nodes) {
    messages.splice(0, messages.length, ...messages.filter(({ namespace }) => namespace !== NAMESPACES.contacts))
  }
  await using alice = await net.open(device)
  await net.clock.advance(seconds(5))
  await using tablet = await anotherDevice(net, alice)
  await net.clock.advance(seconds(5))
  expect(tablet.conversations.snapshot.find(({ id }) => id === idWith(bob))?.title).toBe('Bobby')
})

test('a mute for an hour holds on every device and ends by itself; that a contact was verified stays here', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await using tablet = await anotherDevice(net, alice)
  await net.clock.advance(seconds(5))
  const seen = (client: Client) => client.conversations.snapshot.find(({ id }) => id === idWith(bob))
  const mutedUntil = unixMillis(net.clock.now() + minutes(60))
  await alice.updateConversation(idWith(bob), { mutedUntil, verified: true })
  await net.clock.advance(seconds(5))
  expect(seen(tablet)).toMatchObject({ muted: true })
  expect(Math.ceil(mutedUntil / 1000)).toBe(seen(tablet)!.mutedUntil! / 1000)
  expect([seen(alice)?.verified, seen(tablet)?.verified]).toEqual([true, undefined])
  await net.clock.advance(minutes(61))
  await sendTo(bob, accountOf(alice), 'an hour later')
  await net.clock.advance(seconds(5))
  for (const device of [alice, tablet])
    expect(seen(device)).toMatchObject({ muted: false, last: { body: { text: 'an hour later' } } })
})

test('what another device did with contacts is done here, and nothing goes back and forth', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await using carol = await newcomer(net, 'Carol')
  await sendTo(carol, accountOf(alice), 'spam')
  await net.clock.advance(seconds(3))
  await using tablet = await anotherDevice(net, alice)
  await net.clock.advance(seconds(5))
  const seen = (client: Client) => client.conversations.snapshot.find(({ id }) => id === idWith(bob))
  expect(seen(tablet)).toMatchObject({ kind: 'contact', title: 'Bob', approvedMe: true })
  await alice.updateConversation(idWith(bob), { pinned: true, muted: true, nickname: 'Bobby' })
  await alice.updateConversation(idWith(carol), { blocked: true })
  {
    await using history = await alice.history(idWith(bob))
    await history.markRead(history.state.snapshot.messages.at(-1)!.id)
  }
  await net.clock.advance(seconds(2))
  await using late = await anotherDevice(net, alice)
  await net.clock.advance(seconds(5))
  for (const device of [tablet, late]) {
    expect(seen(device)).toMatchObject({ pinned: true, muted: true, title: 'Bobby', unread: 0 })
  }
  expect(await textsOf(late, accountOf(bob))).toContain('welcome')
  expect(tablet.conversations.snapshot.find(({ id }) => id === idWith(carol))?.blocked).toBe(true)
  await tablet.updateConversation(idWith(bob), { pinned: false, markedUnread: true })
  await net.clock.advance(seconds(2))
  expect(seen(alice)).toMatchObject({ pinned: false, muted: true, markedUnread: true })
  const stores = () => net.nodes.flatMap(({ asked }) => asked.filter((method) => method === 'store')).length
  const before = stores()
  await net.clock.advance(minutes(5))
  expect(stores()).toBe(before)
})

test('a conversation that was deleted on one device leaves the lists of the others, and a new message brings it back', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await using tablet = await anotherDevice(net, alice)
  await net.clock.advance(seconds(5))
  await alice.deleteConversation(idWith(bob))
  await net.clock.advance(seconds(3))
  expect(tablet.conversations.snapshot.some(({ id }) => id === idWith(bob))).toBe(false)
  await sendTo(bob, accountOf(alice), 'still there?')
  await net.clock.advance(seconds(3))
  expect(await textsOf(alice, accountOf(bob))).toEqual(['still there?'])
  expect(alice.conversations.snapshot.find(({ id }) => id === idWith(bob))?.kind).toBe('contact')
  expect(tablet.conversations.snapshot.some(({ id }) => id === idWith(bob))).toBe(true)
})
