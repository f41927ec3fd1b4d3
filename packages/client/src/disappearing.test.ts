/** Messages that disappear, on the virtual clock against nodes with real keys. */
import { test } from 'node:test'
import { hours, minutes, seconds } from '@starling/protocol'
import { expect } from 'expect'
import { FakeNetwork } from './testing/fake-network.ts'
import {
  accountOf,
  anotherDevice,
  befriend,
  findText,
  friends,
  idWith,
  messagesOf,
  newcomer,
  sendTo,
  textsOf,
} from './testing/meet.ts'

test('messages disappear after sending, on both sides, and a line says since when', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await alice.setExpiration(idWith(bob), { mode: 'afterSend', seconds: 3600 })
  await alice.setExpiration(idWith(bob), { mode: 'afterSend', seconds: 3600 })
  await net.clock.advance(seconds(1))
  await sendTo(alice, accountOf(bob), 'for an hour')
  await net.clock.advance(seconds(3))
  const sentAt = (await findText(alice, bob, 'for an hour')).sentAt
  const expiry = { mode: 'afterSend', seconds: 3600, deadline: sentAt + 3_600_000 }
  for (const [client, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    expect((await findText(client, other, 'for an hour')).expiry).toEqual(expiry)
    const notices = (await messagesOf(client, accountOf(other))).filter(
      ({ body }) => body.kind === 'notice' && body.notice.kind === 'timerChanged',
    )
    expect(notices).toHaveLength(1)
    expect(notices[0]?.author).toBe(accountOf(alice))
  }
  // Each has a setting of their own.
  expect(alice.conversations.snapshot[0]?.expiration).toEqual({ mode: 'afterSend', seconds: 3600 })
  expect(bob.conversations.snapshot[0]?.expiration).toBeUndefined()
  await net.clock.advance(minutes(59))
  expect(await textsOf(bob, accountOf(alice))).toContain('for an hour')
  await net.clock.advance(minutes(1))
  expect(await textsOf(alice, accountOf(bob))).not.toContain('for an hour')
  expect(await textsOf(bob, accountOf(alice))).not.toContain('for an hour')
  expect(bob.conversations.snapshot[0]?.unread).toBeLessThan(2)
  await expect(alice.setExpiration(idWith(alice), { mode: 'afterRead', seconds: 60 })).rejects.toMatchObject({
    code: 'not_allowed',
  })
})

test('messages disappear after reading: each side by its own clock, own devices and swarm with them', async () => {
  await using world = await friends()
  const { net, alice, bob } = world
  await using tablet = await anotherDevice(net, bob)
  await alice.setExpiration(idWith(bob), { mode: 'afterRead', seconds: 300 })
  await sendTo(alice, accountOf(bob), 'burn after reading')
  await net.clock.advance(minutes(6))
  expect(await textsOf(alice, accountOf(bob))).not.toContain('burn after reading')
  expect((await findText(bob, alice, 'burn after reading')).expiry).toEqual({ mode: 'afterRead', seconds: 300 })
  {
    await using history = await bob.history(idWith(alice))
    await history.markRead(history.state.snapshot.messages.at(-1)!.id)
  }
  const deadline = (await findText(bob, alice, 'burn after reading')).expiry?.deadline
  expect(deadline).toBeGreaterThan(net.clock.now())
  await net.clock.advance(seconds(10))
  const [soonest] = net
    .swarmOf(bob)[0]!
    .messages.map(({ item }) => item.expiry)
    .sort((a, b) => a - b)
  expect(soonest).toBe(deadline)
  await net.clock.advance(minutes(5))
  expect(await textsOf(bob, accountOf(alice))).not.toContain('burn after reading')
  expect(await textsOf(tablet, accountOf(alice))).not.toContain('burn after reading')
})

test('what waits for the network disappears unsent when its time is over', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  await using alice = await newcomer(net, 'Alice', device)
  await using bob = await newcomer(net, 'Bob')
  await befriend(net, alice, bob)
  await alice.setExpiration(idWith(bob), { mode: 'afterSend', seconds: 60 })
  await net.clock.advance(seconds(2))
  device.offline = true
  await sendTo(alice, accountOf(bob), 'too late')
  await net.clock.advance(minutes(2))
  device.offline = false
  await net.clock.advance(minutes(1))
  expect(await textsOf(bob, accountOf(alice))).not.toContain('too late')
  expect(await textsOf(alice, accountOf(bob))).not.toContain('too late')
})

test('what was to disappear while nobody looked is gone when the client opens', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  await using alice = await newcomer(net, 'Alice')
  const first = await newcomer(net, 'Bob', device)
  await befriend(net, alice, first)
  const account = accountOf(first)
  await alice.setExpiration(idWith(first), { mode: 'afterSend', seconds: 3600 })
  await sendTo(alice, account, 'for an hour')
  await net.clock.advance(seconds(3))
  expect(await textsOf(first, accountOf(alice))).toContain('for an hour')
  device.offline = true
  await first[Symbol.asyncDispose]()
  await net.clock.advance(hours(1))
  await using second = await net.open(device)
  await net.clock.advance(seconds(1))
  expect(await textsOf(second, accountOf(alice))).not.toContain('for an hour')
})
