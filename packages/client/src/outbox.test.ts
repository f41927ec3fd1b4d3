/** Sending, on the virtual clock against nodes with real keys. */
import { test } from 'node:test'
import { days, hours, millis, minutes, seconds } from '@starling/protocol'
import { expect } from 'expect'
import { FakeNetwork } from './testing/fake-network.ts'
import { accountOf, deliveryOf, isConnected, messagesOf, newcomer, sendTo, textsOf } from './testing/meet.ts'

test('a message is queued when send resolves, and stored on the members that signed for it', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  const message = await sendTo(alice, accountOf(bob), 'hello')
  expect(await deliveryOf(alice, accountOf(bob), message)).toEqual({ kind: 'queued', waitingForNetwork: false, of: 3 })
  await net.clock.advance(seconds(1))
  expect(await deliveryOf(alice, accountOf(bob), message)).toEqual({ kind: 'stored', on: 3, of: 3 })
  expect(alice.conversations.snapshot[0]?.last?.delivery).toEqual({ kind: 'stored', on: 3, of: 3 })
  expect(await textsOf(bob, accountOf(alice))).toEqual(['hello'])
})

test('a member that signs for something else does not count', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  const [liar] = net.swarmOf(bob)
  liar!.liesAboutStoring = true
  const message = await sendTo(alice, accountOf(bob), 'hello')
  await net.clock.advance(minutes(3))
  expect(await deliveryOf(alice, accountOf(bob), message)).toEqual({ kind: 'stored', on: 2, of: 3 })
})

test('a message that no member signed for stays queued', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  for (const node of net.swarmOf(bob)) node.liesAboutStoring = true
  const message = await sendTo(alice, accountOf(bob), 'hello')
  await net.clock.advance(minutes(1))
  expect((await deliveryOf(alice, accountOf(bob), message))?.kind).toBe('queued')
  for (const node of net.swarmOf(bob)) node.liesAboutStoring = false
  await net.clock.advance(minutes(6))
  expect(await deliveryOf(alice, accountOf(bob), message)).toEqual({ kind: 'stored', on: 3, of: 3 })
})

test('the count grows when a member that was away comes back', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  const [away] = net.swarmOf(bob)
  net.stop(away!)
  const message = await sendTo(alice, accountOf(bob), 'hello')
  await net.until(() => alice.conversations.snapshot[0]?.last?.delivery?.kind === 'stored')
  expect(await deliveryOf(alice, accountOf(bob), message)).toEqual({ kind: 'stored', on: 2, of: 3 })
  away!.isDown = false
  await net.clock.advance(minutes(2))
  expect(await deliveryOf(alice, accountOf(bob), message)).toEqual({ kind: 'stored', on: 3, of: 3 })
  const copies = net.swarmOf(bob).map(({ messages }) => messages.filter(({ owner }) => owner === accountOf(bob)).length)
  expect(new Set(copies).size).toBe(1) // the same bytes everywhere: one message
})

test('messages written without a network wait for it, over a restart too, and keep their order', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  await using bob = await newcomer(net, 'Bob')
  {
    await using alice = await newcomer(net, 'Alice', device)
    device.offline = true
    await net.clock.advance(seconds(1))
    expect(alice.network.snapshot.connection).toMatchObject({ kind: 'offline', reason: 'no_network' })
    for (const text of ['one', 'two', 'three']) await sendTo(alice, accountOf(bob), text)
    await net.clock.advance(hours(1))
    expect(alice.conversations.snapshot[0]?.last?.delivery).toEqual({ kind: 'queued', waitingForNetwork: true, of: 3 })
  }
  await using alice = await net.open(device)
  expect(alice.session.snapshot.kind).toBe('ready')
  device.offline = false
  await net.until(() => isConnected(alice))
  await net.clock.advance(seconds(2))
  expect(await textsOf(bob, accountOf(alice))).toEqual(['one', 'two', 'three'])
  const sent = await messagesOf(alice, accountOf(bob))
  expect(sent.map(({ delivery }) => delivery?.kind)).toEqual(['stored', 'stored', 'stored'])
  expect(new Set(sent.map(({ sentAt }) => sentAt)).size).toBe(3)
})

test('a message that was deleted before the network came is not sent', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  await using alice = await newcomer(net, 'Alice', device)
  await using bob = await newcomer(net, 'Bob')
  device.offline = true
  const message = await sendTo(alice, accountOf(bob), 'never mind')
  await sendTo(alice, accountOf(bob), 'hello')
  await alice.deleteForMe(message)
  device.offline = false
  await net.clock.advance(seconds(30))
  expect(await textsOf(bob, accountOf(alice))).toEqual(['hello'])
})

test('a network that comes back wakes what waits after many failures', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  await using alice = await newcomer(net, 'Alice', device)
  await using bob = await newcomer(net, 'Bob')
  for (const node of net.swarmOf(bob)) node.storeStatus = 500
  const message = await sendTo(alice, accountOf(bob), 'hello')
  await net.clock.advance(minutes(40))
  for (const node of net.swarmOf(bob)) node.storeStatus = undefined
  device.offline = true
  await net.clock.advance(millis(100))
  device.offline = false
  await net.until(() => isConnected(alice))
  await net.clock.advance(millis(100))
  expect((await deliveryOf(alice, accountOf(bob), message))?.kind).toBe('stored')
})

test('times are never the same twice, over a restart in the same millisecond too', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  const times: number[] = []
  await using bob = await newcomer(net, 'Bob')
  await (await newcomer(net, 'Alice', device))[Symbol.asyncDispose]()
  for (let start = 0; start < 3; start++) {
    await using alice = await net.open(device)
    for (const text of ['a', 'b', 'c']) await sendTo(alice, accountOf(bob), text)
    times.push(...(await messagesOf(alice, accountOf(bob))).map(({ sentAt }) => sentAt))
  }
  expect(new Set(times).size).toBe(9)
})

test('a message that the swarm refuses has failed, and keeps its time when it is sent again', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  for (const node of net.swarmOf(bob)) node.storeStatus = 403
  const message = await sendTo(alice, accountOf(bob), 'hello')
  await net.clock.advance(seconds(5))
  expect(await deliveryOf(alice, accountOf(bob), message)).toEqual({ kind: 'failed', reason: 'refused' })
  for (const node of net.swarmOf(bob)) node.storeStatus = undefined
  await alice.retry(message)
  await net.clock.advance(seconds(2))
  expect(await deliveryOf(alice, accountOf(bob), message)).toEqual({ kind: 'stored', on: 3, of: 3 })
  const [received] = await messagesOf(bob, accountOf(alice))
  expect(received?.sentAt).toBe((await messagesOf(alice, accountOf(bob)))[0]?.sentAt)
})

test('a message that nobody takes for two weeks has expired', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  for (const node of net.swarmOf(bob)) node.storeStatus = 500
  const message = await sendTo(alice, accountOf(bob), 'hello')
  await net.clock.advance(minutes(30))
  expect((await deliveryOf(alice, accountOf(bob), message))?.kind).toBe('queued')
  const asked = net.swarmOf(bob).flatMap((node) => node.asked.filter((method) => method === 'store')).length
  expect(asked).toBeLessThan(100) // with pauses that grow
  for (const node of net.nodes) node.clockOffset = days(14)
  await net.clock.advance(minutes(20))
  expect(await deliveryOf(alice, accountOf(bob), message)).toEqual({ kind: 'failed', reason: 'expired' })
})

test('what another device of the account sent is filed as sent, in the conversation of its recipient', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  await using second = await net.open(net.device())
  const restoring = second.restoreAccount({ phrase: await alice.revealPhrase() })
  await net.until(() => second.session.snapshot.kind === 'ready')
  await restoring
  await sendTo(alice, accountOf(bob), 'from my first device')
  await net.clock.advance(seconds(3))
  const [copy] = await messagesOf(second, accountOf(bob))
  expect(copy).toMatchObject({
    direction: 'outgoing',
    body: { text: 'from my first device' },
    delivery: { kind: 'stored' },
  })
  expect(second.conversations.snapshot[0]).toMatchObject({ kind: 'contact', unread: 0 })
  expect(await textsOf(alice, accountOf(bob))).toEqual(['from my first device'])
})

test('a note to oneself is stored once, and reaches the other devices', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  const self = accountOf(alice)
  const note = await sendTo(alice, self, 'milk')
  await net.clock.advance(seconds(3))
  expect(await deliveryOf(alice, self, note)).toEqual({ kind: 'stored', on: 3, of: 3 })
  expect(await textsOf(alice, self)).toEqual(['milk'])
  expect(alice.conversations.snapshot[0]).toMatchObject({ kind: 'noteToSelf', unread: 0 })
  const kept = net.swarmOf(alice)[0]!.messages.filter(({ namespace }) => (namespace as number) === 0)
  expect(kept).toHaveLength(1)
})

test('texts that are empty or too long are refused before anything is kept', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  for (const text of [' \n', 'x'.repeat(40_001)]) {
    await expect(sendTo(alice, accountOf(bob), text)).rejects.toMatchObject({ code: 'message_text' })
  }
  await expect(alice.startConversation('05ab')).rejects.toMatchObject({ code: 'account_id' })
  expect(await textsOf(alice, accountOf(bob))).toEqual([])
})

test('clients and nodes whose clocks differ by an hour understand each other', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice', net.device({ clockOffset: hours(1) }))
  await using bob = await newcomer(net, 'Bob', net.device({ clockOffset: millis(-hours(1)) }))
  expect(alice.network.snapshot.clockSkew).toBe(hours(1))
  expect(bob.network.snapshot.clockSkew).toBe(-hours(1))
  await sendTo(alice, accountOf(bob), 'what time is it?')
  await net.clock.advance(seconds(3))
  const [message] = await messagesOf(bob, accountOf(alice))
  expect(Math.abs(message!.sentAt - net.clock.now())).toBeLessThan(seconds(10))
})

test('a clock that is set while the client runs is noticed by the refusal of nodes', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  await using alice = await newcomer(net, 'Alice', device)
  await using bob = await newcomer(net, 'Bob')
  device.clock.offset = hours(2)
  const message = await sendTo(alice, accountOf(bob), 'hello')
  await net.clock.advance(seconds(5))
  expect(await deliveryOf(alice, accountOf(bob), message)).toEqual({ kind: 'stored', on: 3, of: 3 })
  expect(alice.network.snapshot.clockSkew).toBe(hours(2))
})

test('a time on which nodes did not agree is asked for again soon, and then for hours no more', async () => {
  const net = new FakeNetwork()
  for (const [i, node] of net.nodes.entries()) node.clockOffset = (i % 3) * seconds(20)
  await using _alice = await newcomer(net, 'Alice')
  const asked = () => net.nodes.flatMap((node) => node.asked.filter((method) => method === 'info')).length
  const before = asked()
  await net.clock.advance(minutes(5))
  expect(asked()).toBeGreaterThan(before)
  for (const node of net.nodes) node.clockOffset = 0
  await net.clock.advance(hours(1))
  const told = asked()
  await net.clock.advance(hours(4))
  expect(asked()).toBe(told)
})

test('what waits for one contact goes with few requests, in order, each as its own message', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  await using alice = await newcomer(net, 'Alice', device)
  await using bob = await newcomer(net, 'Bob')
  device.offline = true
  const texts = Array.from({ length: 40 }, (_, number) => `${number}`)
  for (const text of texts) await sendTo(alice, accountOf(bob), text)
  const requests: string[] = []
  for (const node of net.nodes) node.onRequest = (text) => requests.push(text)
  device.offline = false
  await net.until(() => alice.conversations.snapshot[0]?.last?.delivery?.kind === 'stored')
  const isFor = (text: string) => text.includes('"store"') && text.includes(`"${accountOf(bob)}"`)
  expect(requests.filter(isFor).length).toBeLessThan(10)
  await net.clock.advance(seconds(3))
  expect(await textsOf(bob, accountOf(alice))).toEqual(texts)
  const sent = await messagesOf(alice, accountOf(bob))
  expect(new Set(sent.map(({ delivery }) => JSON.stringify(delivery)))).toEqual(
    new Set([JSON.stringify({ kind: 'stored', on: 3, of: 3 })]),
  )
})

test('of messages that wait together each fails by itself', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  await using alice = await newcomer(net, 'Alice', device)
  await using bob = await newcomer(net, 'Bob')
  device.offline = true
  const longest = `${'𝕏'.repeat(1999)}!`
  for (const text of ['one', longest, 'three']) await sendTo(alice, accountOf(bob), text)
  for (const node of net.swarmOf(bob)) node.mostBytes = 5000
  device.offline = false
  await net.clock.advance(minutes(1))
  const sent = await messagesOf(alice, accountOf(bob))
  expect(sent.map(({ delivery }) => delivery?.kind)).toEqual(['stored', 'failed', 'stored'])
  expect(sent[1]?.delivery).toEqual({ kind: 'failed', reason: 'too_large' })
  expect(await textsOf(bob, accountOf(alice))).toEqual(['one', 'three'])
})
