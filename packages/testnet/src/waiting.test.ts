/** What the product promises, on virtual time: messages wait, whatever happens to nodes, wires, disks and clocks. */
import { test } from 'node:test'
import { hours, millis, minutes, seconds } from '@starling/protocol'
import { expect } from 'expect'
import { TestNet } from './test-net.ts'

test('a message survives the loss of half its swarm', async () => {
  await using net = await TestNet.create({ nodes: 12, swarmSize: 6, seed: 7 }) // the seed fixes everything
  const [alice, bob] = await net.clients('alice', 'bob')
  await alice.send(bob.accountId, 'hello')
  net.stop(net.swarmOf(bob.accountId).slice(0, 3))
  await net.advance(minutes(5)) // virtual time: no test sleeps
  expect(await bob.inbox()).toEqual(['hello'])
})

test('a message waits for a recipient who is away while nodes of the swarm die', async () => {
  await using net = await TestNet.create({ nodes: 12, swarmSize: 3, seed: 11 })
  const [alice, bob] = await net.clients('alice', 'bob')
  const bobId = bob.accountId
  await bob.close()
  const message = await alice.send(bobId, 'are you there?')
  await net.advance(seconds(10))
  expect(await alice.delivery(message)).toEqual({ kind: 'stored', on: 3, of: 3 })
  const [first, second] = net.swarmOf(bobId)
  net.crash([first!])
  net.stop([second!])
  await net.advance(seconds(5))
  await bob.open()
  await net.advance(minutes(2))
  expect(await bob.inbox()).toEqual(['are you there?'])
})

test('a member that was away gets what it missed', async () => {
  await using net = await TestNet.create({ nodes: 12, swarmSize: 3, seed: 3 })
  const [alice, bob] = await net.clients('alice', 'bob')
  const bobId = bob.accountId
  await bob.close()
  const [away, ...others] = net.swarmOf(bobId)
  net.crash([away!])
  await net.advance(seconds(2))
  const message = await alice.send(bobId, 'one')
  await net.advance(seconds(20))
  expect(await alice.delivery(message)).toMatchObject({ kind: 'stored', on: 2 })
  await net.start([away!])
  await net.advance(seconds(40))
  net.crash(others)
  await bob.open()
  await net.advance(minutes(3))
  expect(await bob.inbox()).toEqual(['one'])
})

test('a member that lost its disk has everything again soon, and can be the only one left', async () => {
  await using net = await TestNet.create({ nodes: 12, swarmSize: 3, seed: 5 })
  const [alice, bob] = await net.clients('alice', 'bob')
  const bobId = bob.accountId
  await bob.close()
  for (const text of ['one', 'two', 'three']) await alice.send(bobId, text)
  await net.advance(seconds(10))
  const [unlucky, ...others] = net.swarmOf(bobId)
  unlucky!.loseDisk()
  await net.start([unlucky!])
  await net.advance(seconds(40))
  expect((await unlucky!.node!.status()).repair).toMatchObject({ isCatchingUp: false })
  net.crash(others)
  await bob.open()
  await net.advance(minutes(3))
  expect(await bob.inbox()).toEqual(['one', 'two', 'three'])
})

test('messages go both ways, in order, over wires that lose, delay and reorder', async () => {
  await using net = await TestNet.create({ nodes: 12, swarmSize: 3, seed: 23 })
  const [alice, bob] = await net.clients('alice', 'bob')
  net.network.setDefaults({ loss: 0.05, jitter: millis(200), reorder: true })
  const texts = Array.from({ length: 10 }, (_, index) => `message ${index}`)
  for (const text of texts) {
    await alice.send(bob.accountId, text)
    await bob.send(alice.accountId, text)
    await net.advance(seconds(1))
  }
  await net.advance(minutes(10))
  expect(await bob.inbox()).toEqual(texts)
  expect(await alice.inbox()).toEqual(texts)
})

test('a message written offline is sent when the network is back', async () => {
  await using net = await TestNet.create({ nodes: 12, swarmSize: 3, seed: 31 })
  const [alice, bob] = await net.clients('alice', 'bob')
  alice.setOffline(true)
  await net.advance(minutes(1))
  const message = await alice.send(bob.accountId, 'from the tunnel')
  await net.advance(minutes(30))
  expect(await alice.delivery(message)).toMatchObject({ kind: 'queued' })
  await alice.close()
  await alice.open()
  alice.setOffline(false)
  await net.advance(minutes(3))
  expect(await bob.inbox()).toEqual(['from the tunnel'])
})

test('clients whose clocks are an hour off exchange messages', async () => {
  await using net = await TestNet.create({ nodes: 12, swarmSize: 3, seed: 41 })
  const [alice, bob] = await net.clients('alice', 'bob')
  alice.clock.offset = hours(1)
  bob.clock.offset = millis(-hours(1))
  await alice.send(bob.accountId, 'what time is it?')
  await net.advance(minutes(2))
  await bob.send(alice.accountId, 'depends')
  await net.advance(minutes(2))
  expect(await bob.inbox()).toEqual(['what time is it?'])
  expect(await alice.inbox()).toEqual(['depends'])
})

test('the whole network is switched off and on again, and nothing is lost', async () => {
  await using net = await TestNet.create({ nodes: 9, swarmSize: 3, seed: 53 })
  const [alice, bob] = await net.clients('alice', 'bob')
  const bobId = bob.accountId
  await bob.close()
  await alice.send(bobId, 'before the outage')
  await net.advance(seconds(10))
  net.crash(net.nodes)
  await net.advance(minutes(20))
  await net.start(net.nodes)
  await bob.open()
  await net.advance(minutes(3))
  expect(await bob.inbox()).toEqual(['before the outage'])
})
