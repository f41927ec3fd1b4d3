/** Two devices of one account on real nodes: what one of them changes, the other shows. docs/protocol/config.md §6. */
import { test } from 'node:test'
import type { ConversationSummary } from '@starling/client'
import { minutes, seconds } from '@starling/protocol'
import { expect } from 'expect'
import { TestClient } from './test-client.ts'
import { TestNet } from './test-net.ts'

/** Alice, restored on a second device, and Bob, whose request she accepted on the first. */
const household = async (seed: number) => {
  const net = await TestNet.create({ nodes: 9, swarmSize: 3, seed })
  const [alice, bob] = await net.clients('alice', 'bob')
  await bob.send(alice.accountId, 'hello')
  await net.advance(seconds(5))
  const conversation = await alice.api.startConversation(bob.accountId)
  await alice.api.updateConversation(conversation, { accepted: true, nickname: 'Bobby', pinned: true })
  await net.advance(seconds(3))
  const second = await TestClient.createEmpty(net, 'alice2')
  const restoring = second.api.restoreAccount({ phrase: await alice.api.revealPhrase() })
  await net.advance(seconds(20))
  await restoring
  const shown = (device: TestClient): ConversationSummary | undefined =>
    device.api.conversations.snapshot.find(({ id }) => id === conversation)
  const dispose = async () => {
    await second.close()
    await net[Symbol.asyncDispose]()
  }
  return { net, alice, second, bob, conversation, shown, [Symbol.asyncDispose]: dispose }
}

test('a restored device has the contacts, names and pins of the first, and the messages', async () => {
  await using house = await household(31)
  const { alice, second, bob, shown } = house
  expect(second.api.session.snapshot).toMatchObject({ kind: 'ready', account: { displayName: 'alice' } })
  expect(second.accountId).toBe(alice.accountId)
  expect(shown(second)).toMatchObject({ kind: 'contact', nickname: 'Bobby', pinned: true, profileName: 'bob' })
  expect(await second.inbox()).toEqual(['hello'])
  await bob.send(alice.accountId, 'are you both there?')
  await house.net.advance(seconds(5))
  expect(await second.inbox()).toEqual(['hello', 'are you both there?'])
})

test('what one device has read is read on the other, and on one that is restored later', async () => {
  await using house = await household(43)
  const { net, alice, second, bob, conversation, shown } = house
  for (const text of ['one', 'two', 'three']) await bob.send(alice.accountId, text)
  await net.advance(seconds(5))
  expect([shown(alice)?.unread, shown(second)?.unread]).toEqual([4, 4])
  const last = (await second.history(conversation)).at(-1)!
  await using history = await second.api.history(conversation)
  await history.markRead(last.id)
  await net.advance(seconds(1))
  expect([shown(alice)?.unread, shown(second)?.unread]).toEqual([0, 0])
  const third = await TestClient.createEmpty(net, 'alice3')
  const restoring = third.api.restoreAccount({ phrase: await alice.api.revealPhrase() })
  await net.advance(seconds(20))
  await restoring
  expect(await third.inbox()).toHaveLength(4)
  expect(shown(third)).toMatchObject({ kind: 'contact', unread: 0 })
  await third.close()
})

test('changes on either device show on the other within a second, also when both change at once', async () => {
  await using house = await household(37)
  const { net, alice, second, conversation, shown } = house
  await second.api.updateConversation(conversation, { muted: true })
  await net.advance(seconds(1))
  expect(shown(alice)).toMatchObject({ muted: true, pinned: true })
  await Promise.all([
    alice.api.updateConversation(conversation, { pinned: false }),
    second.api.updateConversation(conversation, { blocked: true, nickname: 'B' }),
    second.api.setDisplayName('Alice Two'),
  ])
  await net.advance(seconds(5))
  for (const device of [alice, second]) {
    expect(shown(device)).toMatchObject({ muted: true, pinned: false, blocked: true, nickname: 'B' })
    expect(device.api.session.snapshot).toMatchObject({ account: { displayName: 'Alice Two' } })
  }
})

test('a device that was away for many changes comes back with its own, and catches up with theirs', async () => {
  await using house = await household(41)
  const { net, alice, second, conversation, shown } = house
  second.setOffline(true)
  await net.advance(seconds(1))
  await second.api.updateConversation(conversation, { muted: true })
  for (const nickname of ['1', '2', '3', '4', '5', '6', '7']) {
    await alice.api.updateConversation(conversation, { nickname })
    await net.advance(seconds(5))
  }
  second.setOffline(false)
  await net.advance(minutes(2))
  for (const device of [alice, second]) {
    expect(shown(device)).toMatchObject({ nickname: '7', muted: true, pinned: true })
  }
})

/** Bob wrote what disappears a minute after reading; both devices of Alice have it. */
const burning = async (seed: number) => {
  const house = await household(seed)
  const { net, alice, second, bob, conversation } = house
  const pair = await bob.api.startConversation(alice.accountId)
  await bob.api.setExpiration(pair, { mode: 'afterRead', seconds: 60 })
  await bob.send(alice.accountId, 'burn')
  await net.advance(seconds(5))
  expect(await second.inbox()).toContain('burn')
  const read = async (device: TestClient) => {
    await using history = await device.api.history(conversation)
    await history.markRead(history.state.snapshot.messages.at(-1)!.id)
  }
  return { ...house, read }
}

test('what disappears after reading is gone from all devices when the first reader loses it', async () => {
  await using house = await burning(47)
  const { net, alice, second, read } = house
  second.setOffline(true)
  await net.advance(seconds(1))
  await read(alice)
  await net.advance(seconds(30))
  second.setOffline(false)
  await net.advance(seconds(20))
  expect(await second.inbox()).toContain('burn')
  await net.advance(seconds(12))
  for (const device of [alice, second]) expect(await device.inbox()).toEqual(['hello'])
})

test('a device that comes back after the time of a message loses it at once', async () => {
  await using house = await burning(53)
  const { net, alice, second, read } = house
  second.setOffline(true)
  await net.advance(seconds(1))
  await read(alice)
  await net.advance(minutes(3))
  expect(await second.inbox()).toContain('burn')
  second.setOffline(false)
  await net.advance(seconds(20))
  expect(await second.inbox()).toEqual(['hello'])
})

test('of two devices that read the same without each other, the later one follows the earlier', async () => {
  await using house = await burning(59)
  const { net, alice, second, read } = house
  second.setOffline(true)
  await net.advance(seconds(1))
  await read(alice)
  await net.advance(seconds(30))
  await read(second)
  await net.advance(seconds(5))
  second.setOffline(false)
  await net.advance(seconds(30))
  for (const device of [alice, second]) expect(await device.inbox()).toEqual(['hello'])
})

test('what comes below the read position counts as read, and disappears in its time', async () => {
  await using house = await burning(61)
  const { net, alice, second, bob, read } = house
  bob.setOffline(true)
  await net.advance(seconds(1))
  await bob.send(alice.accountId, 'late')
  await net.advance(seconds(5))
  await alice.send(bob.accountId, 'later than that')
  await net.advance(seconds(2))
  await read(alice)
  await net.advance(seconds(2))
  bob.setOffline(false)
  await net.advance(seconds(20))
  for (const device of [alice, second]) expect(await device.inbox()).toContain('late')
  await net.advance(minutes(1))
  for (const device of [alice, second]) expect(await device.inbox()).toEqual(['hello'])
})
