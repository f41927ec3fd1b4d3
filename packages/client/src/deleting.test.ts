/** Messages that are deleted, on the virtual clock against nodes with real keys. */
import { test } from 'node:test'
import { hours, seconds } from '@starling/protocol'
import { expect } from 'expect'
import { FakeNetwork } from './testing/fake-network.ts'
import {
  accountOf,
  anotherDevice,
  findText,
  friends,
  idWith,
  messagesOf,
  newcomer,
  sendTo,
  textsOf,
} from './testing/meet.ts'

test('a message deleted for everyone leaves a placeholder everywhere, and nothing in the own swarm', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await using tablet = await anotherDevice(net, alice)
  const message = await sendTo(alice, accountOf(bob), 'oops')
  await net.clock.advance(seconds(3))
  await bob.react((await findText(bob, alice, 'oops')).id, '👍')
  await net.clock.advance(seconds(3))
  const before = net.swarmOf(alice)[0]!.messages.length
  await alice.deleteMessages([message], 'everyone')
  await net.clock.advance(seconds(3))
  for (const [client, other] of [
    [alice, bob],
    [bob, alice],
    [tablet, bob],
  ] as const) {
    const found = (await messagesOf(client, accountOf(other))).find(({ deleted }) => deleted)
    expect(found).toMatchObject({ body: { kind: 'text', text: '' }, reactions: [] })
    expect(client.conversations.snapshot.find(({ id }) => id === idWith(other))?.last?.deleted).toBe(true)
  }
  // The copy is gone, the copy of the request to delete is there.
  expect(net.swarmOf(alice)[0]!.messages.length).toBe(before)
  const theirs = (await findText(alice, bob, 'welcome')).id
  await expect(alice.deleteMessages([theirs], 'everyone')).rejects.toMatchObject({ code: 'not_own_message' })
})

test('a message of theirs that is deleted on my devices is gone on all of them, and stays theirs', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await using tablet = await anotherDevice(net, alice)
  await net.clock.advance(seconds(3))
  expect(await textsOf(tablet, accountOf(bob))).toContain('welcome')
  await alice.deleteMessages([(await findText(alice, bob, 'welcome')).id], 'myDevices')
  await net.clock.advance(seconds(3))
  expect(await textsOf(alice, accountOf(bob))).not.toContain('welcome')
  expect(await textsOf(tablet, accountOf(bob))).not.toContain('welcome')
  expect(await textsOf(bob, accountOf(alice))).toContain('welcome')
  await using late = await anotherDevice(net, alice)
  await net.clock.advance(seconds(5))
  expect(await textsOf(late, accountOf(bob))).not.toContain('welcome')
})

test('notes to oneself can disappear and be deleted on all devices', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using tablet = await anotherDevice(net, alice)
  const self = accountOf(alice)
  const note = await sendTo(alice, self, 'milk')
  await net.clock.advance(seconds(3))
  expect(await textsOf(tablet, self)).toEqual(['milk'])
  await alice.deleteMessages([note], 'everyone')
  await net.clock.advance(seconds(3))
  expect(await textsOf(alice, self)).toEqual([])
  expect(await textsOf(tablet, self)).toEqual([])
  await alice.setExpiration(idWith(alice), { mode: 'afterSend', seconds: 3600 })
  await sendTo(alice, self, 'eggs')
  await net.clock.advance(seconds(3))
  expect(tablet.conversations.snapshot[0]?.expiration).toEqual({ mode: 'afterSend', seconds: 3600 })
  await net.clock.advance(hours(1))
  expect(await textsOf(tablet, self)).toEqual(['notice'])
})
