/** A whole client in a network of storage servers that know nothing of ours, on the virtual clock. */
import { test } from 'node:test'
import {
  accountIdKey,
  concatBytes,
  days,
  hours,
  minutes,
  seconds,
  toBase64,
  toHex,
  utf8,
  writeServiceNodes,
} from '@starling/protocol'
import { expect } from 'expect'
import type { Client } from '../api.ts'
import { CompatibleDevice, faultsOf, SEEDS } from '../testing/compatible-device.ts'
import { FakeNetwork } from '../testing/fake-network.ts'
import { listedNodes } from '../testing/fake-node.ts'
import { accountOf, deliveryOf, isConnected, newcomer, sendTo, textsOf } from '../testing/meet.ts'

function compatible(options: ConstructorParameters<typeof FakeNetwork>[0] = {}) {
  const net = new FakeNetwork({ nodes: 30, ...options })
  const requests: string[] = []
  for (const node of net.nodes) {
    node.ignoresWait = true
    node.onRequest = (text) => requests.push(text)
  }
  return { net, requests }
}

/** Without the lines that say what became of a request. */
async function wordsOf(client: Client, account: ReturnType<typeof accountOf>): Promise<string[]> {
  return (await textsOf(client, account)).filter((text) => text !== 'notice')
}

async function joined(net: FakeNetwork, name: string, device = new CompatibleDevice(net)): Promise<Client> {
  const client = await device.open()
  await client.createAccount({ displayName: name })
  await net.until(() => isConnected(client))
  await net.clock.advance(seconds(2))
  return client
}

test('messages go both ways, and no request holds what such servers do not know', async () => {
  const { net, requests } = compatible()
  await using alice = await joined(net, 'Alice')
  await using bob = await joined(net, 'Bob')
  const message = await sendTo(alice, accountOf(bob), 'hello')
  await net.until(() => bob.conversations.snapshot.length > 0, seconds(10))
  await sendTo(bob, accountOf(alice), 'hello yourself')
  await net.clock.advance(seconds(10))
  expect(await wordsOf(alice, accountOf(bob))).toEqual(['hello', 'hello yourself'])
  expect(await deliveryOf(alice, accountOf(bob), message)).toMatchObject({ kind: 'stored', on: 3, of: 3 })
  expect(requests.length).toBeGreaterThan(20)
  expect(new Set(requests.flatMap(faultsOf))).toEqual(new Set())
})

test('a guard gets onion requests and a question that names nobody; the account ID is in no byte that it could read', async () => {
  const { net } = compatible()
  const device = new CompatibleDevice(net)
  await using alice = await joined(net, 'Alice', device)
  await sendTo(alice, accountOf(alice), 'note')
  await net.clock.advance(minutes(2))
  expect(new Set(device.posted.map(({ path }) => path))).toEqual(new Set(['/storage_rpc/v1', '/onion_req/v2']))
  const key = accountIdKey(accountOf(alice))
  const traces = [
    key,
    utf8(toHex(key)),
    utf8(toBase64(key).slice(0, 40)),
    utf8(toBase64(concatBytes(Uint8Array.of(5), key)).slice(0, 40)),
  ]
  for (const { path, body } of device.posted) {
    for (const trace of traces) expect(Buffer.from(body).includes(trace)).toBe(false)
    if (path === '/storage_rpc/v1')
      expect(JSON.parse(Buffer.from(body).toString())).toEqual({ method: 'info', params: {} })
  }
  const swarm = alice.network.snapshot.swarm.map(({ nodeId }) => nodeId)
  expect(device.posted.filter(({ node }) => swarm.includes(node))).toEqual([])
})

test('a seed that lies alone changes nothing; of two that lie alike the third cannot help', async () => {
  const { net } = compatible()
  const { view } = net
  const other = new FakeNetwork({ nodes: 30, seed: 9 })
  const lie = writeServiceNodes({ height: 9, nodes: listedNodes(other.view) })
  const device = new CompatibleDevice(net)
  device.liarSeeds.set(SEEDS[0], lie)
  await using client = await joined(net, 'Alice', device)
  expect(client.network.snapshot.directory).toMatchObject({ nodes: view.nodes.size, signatures: 0 })
  expect(new Set(device.seedsAsked)).toEqual(new Set(SEEDS))
  const victim = new CompatibleDevice(net)
  for (const seed of SEEDS.slice(1)) victim.liarSeeds.set(seed, lie)
  await using fooled = await victim.open()
  await net.clock.advance(seconds(5))
  expect(fooled.network.snapshot.path?.hops.some(({ nodeId }) => view.nodes.has(nodeId)) ?? false).toBe(false)
})

test('later the list comes from nodes, and a restart needs neither them nor seeds', async () => {
  const { net } = compatible()
  const device = new CompatibleDevice(net)
  let client = await joined(net, 'Alice', device)
  expect(device.seedsAsked).toHaveLength(3)
  await net.clock.advance(hours(13))
  expect(device.seedsAsked).toHaveLength(3)
  expect(net.nodes.flatMap(({ asked }) => asked).filter((method) => method === 'oxend_request')).toHaveLength(3)
  await client[Symbol.asyncDispose]()
  net.servesDirectory = false
  client = await device.open()
  await net.until(() => isConnected(client), seconds(30))
  expect(client.network.snapshot.directory).toMatchObject({ nodes: 30, stale: false })
  await client[Symbol.asyncDispose]()
  await net.clock.advance(days(3))
  for (const node of net.nodes) node.isDown = true
  client = await device.open()
  await net.clock.advance(minutes(1))
  expect(client.network.snapshot.directory).toMatchObject({ nodes: 30, stale: true })
  await client[Symbol.asyncDispose]()
})

test('an account that moved to another swarm is followed', async () => {
  const { net } = compatible({ swarmSize: 3 })
  await using alice = await joined(net, 'Alice')
  await using bob = await joined(net, 'Bob')
  const old = net.swarmOf(bob)
  net.nextEpoch(old) // out of the list: for them, and for whoever asks, Bob is elsewhere
  await net.clock.advance(minutes(2))
  expect(bob.network.snapshot.swarm.some(({ nodeId }) => old.some(({ id }) => id === nodeId))).toBe(false)
  const message = await sendTo(alice, accountOf(bob), 'found you')
  await net.until(() => bob.conversations.snapshot.length > 0, minutes(2))
  expect(await textsOf(bob, accountOf(alice))).toEqual(['found you'])
  expect((await deliveryOf(alice, accountOf(bob), message))?.kind).toBe('stored')
})

test('polls follow the activity: every two seconds in a talk, every twenty in a silence, at once with what is sent', async () => {
  const { net } = compatible()
  const device = new CompatibleDevice(net)
  await using bob = await joined(net, 'Bob', device)
  const polls = () => net.nodes.flatMap(({ asked }) => asked).filter((method) => method === 'retrieve').length / 10
  const during = async (time: ReturnType<typeof minutes>) => {
    const before = polls()
    await net.clock.advance(time)
    return polls() - before
  }
  await sendTo(bob, accountOf(bob), 'note')
  const busy = await during(seconds(30))
  expect(busy).toBeGreaterThan(10)
  expect(busy).toBeLessThan(20)
  await net.clock.advance(hours(1))
  const sent = () => device.posted.reduce((sum, { body }) => sum + body.length, 0)
  const before = sent()
  const idle = await during(minutes(10))
  expect(sent() - before).toBeLessThan(200_000) // 1.1 MB an hour
  expect(idle).toBeGreaterThan(25)
  expect(idle).toBeLessThan(36)
})

test('with a native client beside it, either reads what the other writes', async () => {
  const net = new FakeNetwork({ nodes: 20 })
  await using native = await newcomer(net, 'Native')
  await using other = await joined(net, 'Other')
  await sendTo(native, accountOf(other), 'from a link')
  await net.until(() => other.conversations.snapshot.length > 0, seconds(30))
  await sendTo(other, accountOf(native), 'from HTTPS')
  await net.clock.advance(seconds(5))
  expect(await wordsOf(native, accountOf(other))).toEqual(['from a link', 'from HTTPS'])
})
