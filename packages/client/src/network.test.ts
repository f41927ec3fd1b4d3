/** Directory, guards and paths of a whole client, on the virtual clock. */
import { test } from 'node:test'
import { days, encodeDocument, hours, millis, minutes, seconds, type X25519PublicKey } from '@starling/protocol'
import { expect } from 'expect'
import type { Client } from './api.ts'
import { FakeNetwork } from './testing/fake-network.ts'
import { accountOf, deliveryOf, isConnected, newcomer, sendTo, textsOf } from './testing/meet.ts'

const connection = (client: Client) => client.network.snapshot.connection

test('a client without an account connects and says what it sees', async () => {
  const net = new FakeNetwork()
  await using client = await net.open(net.device())
  expect(connection(client)).toEqual({ kind: 'connecting' })
  await net.until(() => isConnected(client))
  await net.clock.advance(seconds(1))
  const { networkName, directory, path, swarm, clockSkew } = client.network.snapshot
  expect({ networkName, swarm, clockSkew }).toEqual({ networkName: 'Fake', swarm: [], clockSkew: undefined })
  expect(directory).toEqual({ epoch: 1, nodes: 12, signatures: 1, threshold: 1, stale: false })
  expect(path?.hops.map(({ role }) => role)).toEqual(['guard', 'relay', 'lastHop'])
  expect(path?.roundTrip).toBeGreaterThanOrEqual(0)
})

test('how many services fetch pages for previews is said from the start, and nothing where there are none', async () => {
  const net = new FakeNetwork()
  await using without = await net.open(net.device())
  expect(without.network.snapshot).not.toHaveProperty('previewServices')
  const exit = { host: 'previews.example', port: 443, protocol: 'https' } as const
  const previews = [{ ...exit, key: new Uint8Array(32) as X25519PublicKey }]
  Object.assign(net.file, { exits: [exit], previews })
  net.nextEpoch()
  await using client = await net.open(net.device())
  expect(client.network.snapshot.previewServices).toBe(1)
  await net.until(() => isConnected(client))
  expect(client.network.snapshot.previewServices).toBe(1)
})

test('a guard that dies is replaced while the other carries on; guards outlive a restart', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  let client = await newcomer(net, 'Alice', device)
  const guards = new Set(net.linkedNodes())
  await client[Symbol.asyncDispose]()
  client = await net.open(device)
  await net.until(() => isConnected(client))
  await net.clock.advance(seconds(5))
  expect(new Set(net.linkedNodes())).toEqual(guards)
  const [guard] = net.guardsOf(client)
  net.stop(guard!)
  expect(connection(client).kind).toBe('connected')
  await sendTo(client, accountOf(client), 'note')
  await net.clock.advance(seconds(3))
  expect(client.conversations.snapshot[0]?.last?.delivery?.kind).toBe('stored')
  expect(net.guardsOf(client)[0]?.id).not.toBe(guard?.id)
  await client[Symbol.asyncDispose]()
})

test('guards are no members of the own swarm, whether the account or the network was there first', async () => {
  const closeness = (net: FakeNetwork, client: Client) => {
    const swarm = client.network.snapshot.swarm.map(({ nodeId }) => nodeId)
    return net.linkedNodes().filter((id) => swarm.includes(id)).length
  }
  for (let seed = 1; seed <= 12; seed++) {
    const net = new FakeNetwork({ seed })
    const device = net.device()
    let client = await net.open(device)
    await net.until(() => isConnected(client))
    await net.clock.advance(seconds(5))
    await client.createAccount({ displayName: 'Alice' })
    await net.clock.advance(seconds(10))
    expect([net.linkedNodes().length, closeness(net, client)]).toEqual([2, 0])
    await client[Symbol.asyncDispose]()
    for (const node of net.nodes.filter(({ id }) => net.formerlyLinked.has(id))) node.isDown = true
    client = await net.open(device) // the guards are gone: others are chosen, for an account that is known
    await net.clock.advance(seconds(30))
    expect([net.linkedNodes().length, closeness(net, client)]).toEqual([2, 0])
    await client[Symbol.asyncDispose]()
  }
})

test('relays that swallow requests cost a second and a half, not the message', async () => {
  const net = new FakeNetwork({ nodes: 24 })
  await using alice = await newcomer(net, 'Alice')
  const self = accountOf(alice)
  await sendTo(alice, self, 'one')
  await net.clock.advance(seconds(2))
  for (const { nodeId } of alice.network.snapshot.path!.hops.slice(1)) net.nodeOf(nodeId).isMute = true
  const message = await sendTo(alice, self, 'two')
  await net.clock.advance(millis(1400))
  expect((await deliveryOf(alice, self, message))?.kind).toBe('queued')
  await net.clock.advance(millis(200))
  expect((await deliveryOf(alice, self, message))?.kind).toBe('stored')
})

test('a path that lost against a hedge is not waited for again', async () => {
  // Of a seed with which the next path has none of the mute relays: one lost race makes nobody suspect.
  const net = new FakeNetwork({ nodes: 24 })
  await using alice = await newcomer(net, 'Alice')
  const self = accountOf(alice)
  await sendTo(alice, self, 'one')
  await net.clock.advance(seconds(2))
  for (const { nodeId } of alice.network.snapshot.path!.hops.slice(1)) net.nodeOf(nodeId).isMute = true
  await sendTo(alice, self, 'two')
  await net.clock.advance(seconds(2))
  const message = await sendTo(alice, self, 'three')
  await net.clock.advance(millis(500))
  expect((await deliveryOf(alice, self, message))?.kind).toBe('stored')
})

test('relays that are gone are named by the hop before, and avoided', async () => {
  const net = new FakeNetwork({ nodes: 24 })
  await using alice = await newcomer(net, 'Alice')
  await using bob = await newcomer(net, 'Bob')
  for (let i = 0; i < 6; i++) {
    const hop = alice.network.snapshot.path!.hops[1 + (i % 2)]!
    net.stop(net.nodeOf(hop.nodeId))
    const message = await sendTo(alice, accountOf(bob), `${i}`)
    await net.clock.advance(millis(400)) // without waiting for another attempt of the outbox
    expect((await deliveryOf(alice, accountOf(bob), message))?.kind).toBe('stored')
    await net.clock.advance(seconds(3))
  }
  expect(await textsOf(bob, accountOf(alice))).toEqual(['0', '1', '2', '3', '4', '5'])
})

test('when nobody can be reached it says so, and since when; then everything goes on', async () => {
  const net = new FakeNetwork()
  await using alice = await newcomer(net, 'Alice')
  net.servesDirectory = false
  const before = net.clock.now()
  for (const node of net.nodes) net.stop(node)
  await net.clock.advance(seconds(10))
  expect(connection(alice)).toEqual({ kind: 'offline', reason: 'no_node_reachable', lastContact: before })
  for (const node of net.nodes) node.isDown = false
  await net.until(() => isConnected(alice), minutes(1))
})

test('without any directory the reason is that, with one of another network it is that', async () => {
  const net = new FakeNetwork()
  net.servesDirectory = false
  await using client = await net.open(net.device())
  await net.clock.advance(seconds(2))
  expect(connection(client)).toEqual({ kind: 'offline', reason: 'directory_unavailable' })
  net.servesDirectory = true
  await net.until(() => isConnected(client), seconds(30))
  const other = new FakeNetwork({ seed: 2 })
  const device = other.device()
  device.fetchDirectory = async () => encodeDocument(net.document)
  await using stranger = await other.open(device)
  await other.clock.advance(seconds(2))
  expect(connection(stranger)).toEqual({ kind: 'offline', reason: 'wrong_network' })
})

test('an old directory is used on, as stale; an older one is not taken for a newer one', async () => {
  const net = new FakeNetwork()
  const device = net.device()
  let client = await newcomer(net, 'Alice', device)
  const first = net.document
  net.nextEpoch()
  await net.clock.advance(minutes(20))
  expect(client.network.snapshot.directory?.epoch).toBe(2)
  net.document = first
  await net.clock.advance(minutes(70))
  expect(client.network.snapshot.directory).toMatchObject({ epoch: 2, stale: true })
  expect(connection(client).kind).toBe('connected')
  await client[Symbol.asyncDispose]()
  client = await net.open(device)
  await net.clock.advance(seconds(30))
  expect(client.network.snapshot.directory).toMatchObject({ epoch: 2, stale: true })
  expect(connection(client).kind).toBe('connected')
  await client[Symbol.asyncDispose]()
})

test('a device whose clock is years behind or ahead can join', async () => {
  for (const years of [-5, 5]) {
    const net = new FakeNetwork()
    await using client = await newcomer(net, 'Alice', net.device({ clockOffset: millis(years * days(365)) }))
    await sendTo(client, accountOf(client), 'note')
    await net.clock.advance(seconds(5))
    expect(client.conversations.snapshot[0]?.last?.delivery?.kind).toBe('stored')
    expect(Math.abs(client.conversations.snapshot[0]!.last!.sentAt - net.clock.now())).toBeLessThan(hours(1))
  }
})

test('a device with a wrong clock has the right time after a restart, before it hears of anybody', async () => {
  const net = new FakeNetwork()
  const device = net.device({ clockOffset: hours(7) })
  const first = await newcomer(net, 'Alice', device)
  await first[Symbol.asyncDispose]()
  device.offline = true
  await using client = await net.open(device)
  await sendTo(client, accountOf(client), 'in the tunnel')
  expect(Math.abs(client.conversations.snapshot[0]!.last!.sentAt - net.clock.now())).toBeLessThan(seconds(2))
})

test('a member that does not answer is shown as such', async () => {
  const net = new FakeNetwork()
  await using client = await newcomer(net, 'Alice')
  const [dead] = net.swarmOf(client)
  net.stop(dead!)
  for (let i = 0; i < 4; i++) {
    await sendTo(client, accountOf(client), `${i}`)
    await net.clock.advance(minutes(1))
  }
  const answering = client.network.snapshot.swarm.map((member) => [member.nodeId === dead!.id, member.answering])
  expect(answering.filter(([isDead, answers]) => isDead === answers)).toEqual([])
})

test('two lanes are live at all times: hops that fall silent are replaced before anybody asks', async () => {
  const net = new FakeNetwork({ nodes: 30 })
  await using alice = await newcomer(net, 'Alice')
  await net.clock.advance(minutes(2))
  expect(new Set(net.linkedNodes()).size).toBe(2)
  const silent = alice.network.snapshot.path!.hops.slice(1).map(({ nodeId }) => net.nodeOf(nodeId))
  for (const node of silent) node.isMute = true
  await net.clock.advance(minutes(3)) // what is held there ends without an answer
  const now = alice.network.snapshot.path!.hops.map(({ nodeId }) => nodeId)
  expect(silent.filter(({ id }) => now.includes(id))).toEqual([])
  const message = await sendTo(alice, accountOf(alice), 'note')
  await net.clock.advance(millis(500))
  expect((await deliveryOf(alice, accountOf(alice), message))?.kind).toBe('stored')
  expect(net.linkedNodes()).toHaveLength(2)
})
