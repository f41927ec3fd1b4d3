/** Fetching from swarms that change, from nodes that mix things up, and after a long time. */
import { test } from 'node:test'
import {
  buildContent,
  buildStoredMessage,
  days,
  deriveAccountKeys,
  deriveMessageHash,
  hours,
  minutes,
  NAMESPACES,
  type Owner,
  parseAccountSeed,
  seconds,
  unixMillis,
} from '@starling/protocol'
import { expect } from 'expect'
import type { Client } from './api.ts'
import { FakeNetwork } from './testing/fake-network.ts'
import type { FakeNode } from './testing/fake-node.ts'
import { accountOf, isConnected, newcomer, textsOf } from './testing/meet.ts'

const stranger = (net: FakeNetwork) => deriveAccountKeys(net.crypto, parseAccountSeed(new Uint8Array(16).fill(7)))

function sealed(net: FakeNetwork, recipient: Client, body: string, at = 0): Uint8Array {
  const timestamp = unixMillis(net.clock.now() + at)
  const { crypto, random } = net
  const content = buildContent({ kind: 'visible', text: body }, { timestamp })
  return buildStoredMessage({
    crypto,
    random,
    sender: stranger(net),
    recipient: accountOf(recipient),
    content,
    timestamp,
  })
}

const nameOf = (client: Client) => {
  const state = client.session.snapshot
  return state.kind === 'ready' ? state.account.displayName : state.kind
}

test('config objects that a node put among the messages are found there', async () => {
  const net = new FakeNetwork()
  await using first = await newcomer(net, 'Alice')
  const phrase = await first.revealPhrase()
  await net.clock.advance(seconds(5))
  const owner = accountOf(first)
  for (const node of net.swarmOf(first)) {
    // As a member has them that was told of nothing but owner, hash, times and data.
    const moved = node.messages.splice(0).map((kept) => ({ ...kept, namespace: NAMESPACES.messages }))
    expect(
      moved.some(
        ({ item }) => item.hash === deriveMessageHash(net.crypto, owner as Owner, NAMESPACES.profile, item.data),
      ),
    ).toBe(true)
    node.messages.push(...moved)
  }
  await using second = await net.open(net.device())
  await net.until(() => isConnected(second))
  const restored = second.restoreAccount({ phrase })
  await net.clock.advance(seconds(10))
  await restored
  expect(nameOf(second)).toBe('Alice')
  expect(net.log.lines.filter(({ level }) => level === 'error')).toEqual([])
})

test('who left the own swarm is asked for what they alone have, also by a client that was away meanwhile', async () => {
  for (const isAway of [false, true]) {
    const net = new FakeNetwork({ nodes: 20 })
    const device = net.device()
    let bob = await newcomer(net, 'Bob', device)
    const old = net.swarmOf(bob)
    const owner = accountOf(bob) as Owner
    const data = sealed(net, bob, 'left behind')
    if (isAway) await bob[Symbol.asyncDispose]()
    else await net.clock.advance(seconds(1))
    // It still takes itself for a member, but is none: and nobody else was told of the message.
    const keeper = old[0]!
    keeper.servesAll = true
    net.moveAway(keeper)
    keeper.keep(owner, NAMESPACES.messages, data, unixMillis(net.clock.now() + days(1)))
    if (isAway) bob = await net.open(device)
    await net.clock.advance(minutes(15))
    expect(net.swarmOf(bob)).not.toContain(keeper)
    expect(await textsOf(bob, stranger(net).accountId)).toEqual(['left behind'])
    await bob[Symbol.asyncDispose]()
  }
})

test('what stands before the cursor after swarms changed is found', async () => {
  for (const isAway of [false, true]) {
    const net = new FakeNetwork({ nodes: 20 })
    const device = net.device()
    let bob = await newcomer(net, 'Bob', device)
    const owner = accountOf(bob) as Owner
    const keepAt = (node: FakeNode, data: Uint8Array) =>
      node.keep(owner, NAMESPACES.messages, data, unixMillis(net.clock.now() + days(1)))
    const swarm = net.swarmOf(bob)
    const [late, known] = [sealed(net, bob, 'late', 1), sealed(net, bob, 'known', 2)]
    for (const node of swarm) keepAt(node, known)
    await net.clock.advance(seconds(10))
    if (isAway) await bob[Symbol.asyncDispose]()
    const members = swarm.filter(({ asked }) => asked.includes('retrieve'))
    net.moveAway(swarm.find((node) => !members.includes(node))!)
    // They gave away what they had and fetched it again, with one that they had not before: in the order of its time.
    for (const node of members) {
      keepAt(node, late)
      node.messages.unshift(node.messages.pop()!)
    }
    if (isAway) bob = await net.open(device)
    await net.clock.advance(minutes(15))
    expect(await textsOf(bob, stranger(net).accountId)).toEqual(['late', 'known'])
    await bob[Symbol.asyncDispose]()
  }
})

test('how far a long backlog is taken in shows, and when it is', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  let bob = await newcomer(net, 'Bob', device)
  const owner = accountOf(bob) as Owner
  const swarm = net.swarmOf(bob)
  const backlog = Array.from({ length: 130 }, (_, i) => sealed(net, bob, `${i}`, i))
  await bob[Symbol.asyncDispose]()
  for (const node of swarm)
    for (const data of backlog) node.keep(owner, NAMESPACES.messages, data, unixMillis(net.clock.now() + days(1)))
  bob = await net.open(device)
  const steps: (number | undefined)[] = []
  const stop = bob.network.subscribe(({ catchingUp }) => {
    if (steps.at(-1) !== catchingUp?.handled) steps.push(catchingUp?.handled)
  })
  await net.clock.advance(seconds(20))
  stop()
  const handled = steps.filter((step) => step !== undefined)
  expect(handled).toEqual(handled.toSorted((a, b) => a - b))
  expect(handled.at(-1)).toBe(120)
  expect(steps.at(-1)).toBeUndefined()
  await bob[Symbol.asyncDispose]()
})

test('what is held at a member that leaves the swarm is given up at once', async () => {
  const net = new FakeNetwork({ nodes: 20 })
  await using bob = await newcomer(net, 'Bob')
  const owner = accountOf(bob) as Owner
  await net.clock.advance(hours(1))
  const old = net.swarmOf(bob)
  for (const node of old) node.servesAll = true // nobody tells: the directory does
  net.nextEpoch(old)
  await net.until(() => net.swarmOf(bob).length > 0 && bob.network.snapshot.directory?.epoch === 2, minutes(20))
  const data = sealed(net, bob, 'to the new ones')
  for (const node of net.swarmOf(bob))
    node.keep(owner, NAMESPACES.messages, data, unixMillis(net.clock.now() + days(1)))
  await net.until(() => bob.conversations.snapshot.length > 0, seconds(3))
})
