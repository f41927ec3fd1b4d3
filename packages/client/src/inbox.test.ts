/** Receiving, on the virtual clock against nodes with real keys. */
import { test } from 'node:test'
import type { Content, Owner, UnixMillis } from '@starling/protocol'
import {
  buildContent,
  buildStoredMessage,
  deriveAccountKeys,
  hours,
  millis,
  minutes,
  NAMESPACES,
  parseAccountSeed,
  seconds,
  unixMillis,
} from '@starling/protocol'
import { expect } from 'expect'
import type { Client } from './api.ts'
import { FakeNetwork } from './testing/fake-network.ts'
import { accountOf, messagesOf, newcomer, sendTo, textsOf } from './testing/meet.ts'

const stranger = (net: FakeNetwork, byte = 7) =>
  deriveAccountKeys(net.crypto, parseAccountSeed(new Uint8Array(16).fill(byte)))

/** Sealed by `sender` for the client, and laid into its swarm by nobody's leave, as anybody can. */
function deposit(
  net: FakeNetwork,
  client: Client,
  content: (at: UnixMillis) => Content,
  options: { byte?: number; at?: number } = {},
) {
  const timestamp = unixMillis(net.clock.now() + (options.at ?? 0))
  const sender = stranger(net, options.byte)
  const { crypto, random } = net
  const data = buildStoredMessage({
    crypto,
    random,
    sender,
    recipient: accountOf(client),
    content: content(timestamp),
    timestamp,
  })
  layInto(net, client, data)
  return sender.accountId
}

function layInto(net: FakeNetwork, client: Client, data: Uint8Array, nodes = net.swarmOf(client)) {
  for (const node of nodes)
    node.keep(accountOf(client) as Owner, NAMESPACES.messages, data, unixMillis(net.clock.now() + hours(24)))
}

const text = (body: string) => (timestamp: UnixMillis) => buildContent({ kind: 'visible', text: body }, { timestamp })

test('a message arrives at once, because retrievals are held', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  await net.clock.advance(minutes(5))
  const asked = net.swarmOf(bob).flatMap((node) => node.asked.filter((method) => method === 'retrieve')).length
  expect(asked).toBeLessThan(320) // 5 namespaces, looked at twice, 2 members, every 50 s, and both accounts
  await sendTo(alice, accountOf(bob), 'hello')
  await net.until(() => bob.conversations.snapshot.length > 0, seconds(1))
  expect(bob.conversations.snapshot[0]).toMatchObject({
    kind: 'request',
    title: 'Alice',
    profileName: 'Alice',
    unread: 1,
  })
})

test('messages that come one after the other wake the second member now and then, and none waits', async () => {
  const net = new FakeNetwork()
  await using bob = await newcomer(net, 'Bob')
  await net.clock.advance(minutes(1))
  const before = new Map(net.nodes.map((node) => [node, node.asked.length]))
  for (let count = 1; count <= 50; count++) {
    deposit(net, bob, text(`${count}`))
    await net.clock.advance(millis(100))
    expect(bob.conversations.snapshot[0]?.last?.body).toEqual({ kind: 'text', text: `${count}` })
  }
  const rounds = net.swarmOf(bob).map((node) => (node.asked.length - before.get(node)!) / 5) // namespaces
  const [second, first] = rounds.filter((count) => count > 0).toSorted((a, b) => a - b)
  expect(first).toBeGreaterThan(45)
  expect(second).toBeLessThan(10)
})

test('nodes that do not hold retrievals are polled every few seconds', async () => {
  const net = new FakeNetwork()
  for (const node of net.nodes) node.ignoresWait = true
  await using bob = await newcomer(net, 'Bob')
  const before = net.swarmOf(bob).flatMap(({ asked }) => asked).length
  await net.clock.advance(minutes(1))
  const polls = (net.swarmOf(bob).flatMap(({ asked }) => asked).length - before) / 5 // namespaces
  expect(polls).toBeGreaterThan(20)
  expect(polls).toBeLessThan(60)
  deposit(net, bob, text('hello'))
  await net.until(() => bob.conversations.snapshot.length > 0, seconds(4))
})

test('a backlog of many pages arrives whole, in order and once, from members that disagree about the order', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  let bob = await newcomer(net, 'Bob', device)
  const swarm = net.swarmOf(bob)
  const owner = accountOf(bob)
  const sender = stranger(net)
  await bob.startConversation(sender.accountId)
  await bob[Symbol.asyncDispose]()
  const { crypto, random } = net
  const sealed = Array.from({ length: 170 }, (_, i) => {
    const timestamp = unixMillis(net.clock.now() + i)
    return buildStoredMessage({ crypto, random, sender, recipient: owner, content: text(`${i}`)(timestamp), timestamp })
  })
  for (const [k, node] of swarm.entries()) {
    for (const data of k % 2 ? sealed.toReversed() : sealed)
      node.keep(owner as Owner, NAMESPACES.messages, data, unixMillis(net.clock.now() + hours(24)))
  }
  bob = await net.open(device)
  await net.clock.advance(seconds(20))
  expect(bob.conversations.snapshot[0]?.unread).toBe(170)
  await using history = await bob.history(bob.conversations.snapshot[0]!.id)
  await history.jumpToLatest()
  await history.loadOlder()
  const texts = history.state.snapshot.messages.map(({ body }) => (body.kind === 'text' ? body.text : ''))
  expect(texts).toEqual(Array.from({ length: 170 }, (_, i) => `${i}`))
  await bob[Symbol.asyncDispose]()
})

test('while members die one after the other, the others go on delivering', async () => {
  const net = new FakeNetwork({ nodes: 15, swarmSize: 5 })
  await using bob = await newcomer(net, 'Bob')
  for (const [i, node] of net.swarmOf(bob).slice(0, -1).entries()) {
    net.stop(node)
    deposit(net, bob, text(`${i}`), { at: i })
    await net.clock.advance(seconds(30))
  }
  expect(await textsOf(bob, stranger(net).accountId)).toEqual(['0', '1', '2', '3'])
})

test('a crash between delivery and cursor is harmless: the message is there once', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  let bob = await newcomer(net, 'Bob', device)
  const sender = deposit(net, bob, text('once'))
  await net.clock.advance(seconds(1))
  await bob[Symbol.asyncDispose]()
  for (const key of [...device.disk.records.keys()]) if (key.startsWith('07')) device.disk.records.delete(key)
  bob = await net.open(device)
  await net.clock.advance(seconds(5))
  expect(await textsOf(bob, sender)).toEqual(['once'])
  expect(bob.conversations.snapshot[0]?.unread).toBe(1)
  await bob.deleteForMe((await messagesOf(bob, sender))[0]!.id)
  await bob[Symbol.asyncDispose]()
  for (const key of [...device.disk.records.keys()]) if (key.startsWith('07')) device.disk.records.delete(key)
  bob = await net.open(device)
  await net.clock.advance(seconds(5))
  expect(await textsOf(bob, sender)).toEqual([])
  await bob[Symbol.asyncDispose]()
})

test('the same message sealed twice is shown once', async () => {
  const net = new FakeNetwork()
  await using bob = await newcomer(net, 'Bob')
  const sender = deposit(net, bob, text('again'))
  deposit(net, bob, text('again'))
  await net.clock.advance(seconds(2))
  expect(await textsOf(bob, sender)).toEqual(['again'])
})

test('what cannot be opened is passed over, and what follows arrives', async () => {
  const net = new FakeNetwork()
  await using bob = await newcomer(net, 'Bob')
  for (const garbage of [new Uint8Array(), new Uint8Array(400).fill(1), Uint8Array.of(0, 2, 3)])
    layInto(net, bob, garbage)
  const sender = deposit(net, bob, text('hello'))
  await net.clock.advance(seconds(2))
  expect(await textsOf(bob, sender)).toEqual(['hello'])
  expect(net.log.lines.filter(({ level }) => level === 'error')).toEqual([])
})

test('attachments become a quiet line, typing and receipts nothing', async () => {
  const net = new FakeNetwork()
  await using bob = await newcomer(net, 'Bob')
  deposit(net, bob, () => ({ typingMessage: { timestamp: 1n, action: 0 } }))
  deposit(net, bob, () => ({ receiptMessage: { type: 1, timestamp: [1n] } }), { at: 1 })
  const sender = deposit(net, bob, () => ({ dataMessage: { attachments: [{ id: 0n }] } }), { at: 2 })
  await net.clock.advance(seconds(2))
  expect(await textsOf(bob, sender)).toEqual(['unsupported'])
  expect(bob.conversations.snapshot[0]?.unread).toBe(0)
})

test('who is blocked is not heard, and who pretends to be another device of ours is only themselves', async () => {
  const net = new FakeNetwork()
  await using bob = await newcomer(net, 'Bob')
  const carol = deposit(net, bob, text('first'))
  await net.clock.advance(seconds(1))
  await bob.updateConversation(carol as string as never, { blocked: true })
  deposit(net, bob, text('second'))
  const mallory = deposit(
    net,
    bob,
    (timestamp) => buildContent({ kind: 'visible', text: 'x' }, { timestamp, syncTarget: carol }),
    {
      byte: 8,
    },
  )
  await net.clock.advance(seconds(2))
  expect(await textsOf(bob, carol)).toEqual(['first'])
  expect((await messagesOf(bob, mallory))[0]).toMatchObject({ direction: 'incoming', author: mallory })
})

test('replying accepts a request and tells the other so; a later name of theirs replaces an earlier one', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  await sendTo(alice, accountOf(bob), 'hello')
  await net.clock.advance(seconds(2))
  await alice.setDisplayName('Alice B.')
  await sendTo(alice, accountOf(bob), 'I have a new name')
  await net.clock.advance(seconds(2))
  expect(bob.conversations.snapshot[0]).toMatchObject({ kind: 'request', title: 'Alice B.', unread: 2 })
  await sendTo(bob, accountOf(alice), 'welcome')
  await net.clock.advance(seconds(2))
  expect(bob.conversations.snapshot[0]?.kind).toBe('contact')
  const stored = net
    .swarmOf(alice)[0]!
    .messages.filter(({ owner, namespace }) => owner === accountOf(alice) && namespace === NAMESPACES.messages)
  expect(stored).toHaveLength(2 + 1 + 1) // two sync copies, the response and the reply
  expect(await textsOf(alice, accountOf(bob))).toEqual(['hello', 'I have a new name', 'notice', 'welcome'])
})

test('a swarm that moved is followed, long before the directory would be fetched anyway', async () => {
  const net = new FakeNetwork()
  await using bob = await newcomer(net, 'Bob')
  const old = net.swarmOf(bob)
  net.nextEpoch(old)
  await net.clock.advance(minutes(1)) // what is held ends, and the old members refuse
  expect(net.swarmOf(bob).some((node) => old.includes(node))).toBe(false)
  const sender = deposit(net, bob, text('still here'))
  await net.clock.advance(seconds(1))
  expect(await textsOf(bob, sender)).toEqual(['still here'])
})

test('a fault of ours over one message does not stop those behind it', async (t) => {
  const net = new FakeNetwork()
  await using bob = await newcomer(net, 'Bob')
  const open = net.crypto.boxOpen.bind(net.crypto)
  let faults = 0
  t.mock.method(net.crypto, 'boxOpen', (...args: Parameters<typeof open>) => {
    if (faults++ === 0) throw new TypeError('a bug')
    return open(...args)
  })
  const sender = deposit(net, bob, text('lost to the bug'))
  deposit(net, bob, text('behind it'), { at: 1 })
  await net.until(() => bob.conversations.snapshot.length > 0, seconds(10))
  expect(await textsOf(bob, sender)).toContain('behind it')
})

test('the first message of an empty conversation that is open shows up in it', async () => {
  const net = new FakeNetwork()
  await using bob = await newcomer(net, 'Bob')
  await net.clock.advance(seconds(5))
  const conversation = await bob.startConversation(stranger(net).accountId)
  await using history = await bob.history(conversation)
  deposit(net, bob, text('hello'))
  await net.until(() => history.state.snapshot.messages.length > 0, seconds(10))
  expect(history.state.snapshot.messages.map(({ body }) => body)).toEqual([{ kind: 'text', text: 'hello' }])
})
