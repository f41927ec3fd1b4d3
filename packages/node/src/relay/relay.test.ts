import { test } from 'node:test'
import {
  buildOnionRequest,
  encodeRelayFrame,
  FrameKind,
  fromUtf8,
  type NodeId,
  type OnionDestination,
  parseOnionBody,
  seconds,
  utf8,
  type X25519PublicKey,
} from '@starling/protocol'
import { seededRandom, settle } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import { crypto, Fixture, FixtureAccount, type FixtureNode } from '../testing/fixture.ts'

const alice = new FixtureAccount(1)
const NEVER = new AbortController().signal

const hopOf = ({ descriptor }: FixtureNode) => ({ nodeId: descriptor.nodeId, x25519: descriptor.encryptionKey })
const toNode = (node: FixtureNode): OnionDestination => ({ kind: 'node', ...hopOf(node) })

type Asked = { path: readonly FixtureNode[]; destination?: OnionDestination; request?: object; encType?: 'aes-gcm' }

function build({ path, destination, request, encType }: Asked) {
  return buildOnionRequest({
    crypto,
    random: seededRandom('onion'),
    path: path.slice(0, -1).map(hopOf),
    destination: destination ?? toNode(path.at(-1)!),
    payload: utf8(JSON.stringify(request ?? { method: 'info', params: {} })),
    encType: encType ?? 'xchacha20',
  })
}

async function send(
  guard: FixtureNode,
  body: Uint8Array,
  signal = NEVER,
): Promise<{ status: number; body: Uint8Array }> {
  const answer = await guard.node.answer({ kind: 'onion', body }, signal)
  return { status: answer.status, body: answer.body }
}

async function plain(guard: FixtureNode, body: Uint8Array): Promise<{ status: number; text: string }> {
  const answer = await send(guard, body)
  return { status: answer.status, text: fromUtf8(answer.body) }
}

test('a request passes any number of relays and its answer comes back sealed', async () => {
  await using fixture = await Fixture.create(4)
  const { nodes } = fixture
  for (const length of [1, 2, 3, 4]) {
    for (const encType of [undefined, 'aes-gcm'] as const) {
      using onion = build({ path: nodes.slice(0, length), ...(encType && { encType }) })
      const { status, body } = await send(nodes[0]!, onion.body)
      expect(status).toBe(200)
      const reply = onion.open(body)
      if (reply.kind !== 'node') throw new Error(reply.kind)
      expect(reply.status).toBe(200)
      expect(JSON.parse(reply.body as string)).toMatchObject({ version: [2, 8, 0], t: fixture.clock.now() })
    }
  }
})

test('a refusal of the destination is sealed: only its inner status tells', async () => {
  await using fixture = await Fixture.create(3)
  const { nodes } = fixture
  using onion = build({ path: nodes, request: { method: 'retrieve', params: { pubkey: alice.owner } } })
  const { status, body } = await send(nodes[0]!, onion.body)
  expect(status).toBe(200)
  expect(onion.open(body)).toMatchObject({ status: 401, body: 'retrieve: request signature required' })
})

test('a destination whose disk fails seals that too', async () => {
  await using fixture = await Fixture.create(3)
  const { nodes } = fixture
  nodes[2]!.disk.crash()
  const request = { method: 'retrieve', params: alice.retrieve(fixture.clock.now()) }
  using onion = build({ path: nodes, request })
  const { status, body } = await send(nodes[0]!, onion.body)
  expect(status).toBe(200)
  expect(onion.open(body)).toMatchObject({ status: 500, body: 'request failed' })
})

test('no node but the destination sees the account, and only the guard sees the client', async () => {
  await using fixture = await Fixture.create(4)
  const { nodes } = fixture
  const seen = new Map<NodeId, string>()
  fixture.wire = ({ to, payload }) => {
    seen.set(to.nodeId, Buffer.from(payload).toString('latin1'))
    return undefined
  }
  const request = { method: 'retrieve', params: alice.retrieve(fixture.clock.now()) }
  using onion = build({ path: nodes, request })
  await send(nodes[0]!, onion.body)
  expect(seen.size).toBe(3)
  for (const text of [...seen.values(), ...nodes.map(({ log }) => log.text())]) {
    expect(text).not.toContain(alice.owner)
    expect(text).not.toContain(alice.signingKey)
  }
})

test('failures of the path are answered in clear, with the words that clients match', async () => {
  await using fixture = await Fixture.create(3)
  const [guard, middle, last] = fixture.nodes as [FixtureNode, FixtureNode, FixtureNode]
  const stranger = new Fixture(4).nodes[3]!
  using unknown = build({ path: [guard, stranger, last] })
  expect(await plain(guard, unknown.body)).toEqual({ status: 502, text: `Next node not found: ${stranger.nodeId}` })

  using onion = build({ path: [guard, middle, last] })
  await fixture.stop(last)
  const text = `Next node is currently unreachable: ${last.nodeId}`
  expect(await plain(guard, onion.body)).toEqual({ status: 502, text })
  await fixture.start(last)

  fixture.wire = ({ to }) => (to === middle ? 'silent' : undefined)
  const slow = plain(guard, onion.body)
  await fixture.clock.advance(seconds(75))
  expect(await slow).toEqual({ status: 504, text: 'Request time out' })

  fixture.wire = () => ({ status: 418, body: utf8('as it came') })
  expect(await plain(guard, onion.body)).toEqual({ status: 418, text: 'as it came' })
})

test('what cannot be opened or read is refused', async () => {
  await using fixture = await Fixture.create(2)
  const [guard, other] = fixture.nodes as [FixtureNode, FixtureNode]
  using forOther = build({ path: [other] })
  expect(await plain(guard, forOther.body)).toEqual({ status: 400, text: 'Invalid ciphertext' })
  for (const body of [
    new Uint8Array(),
    utf8('x'),
    new Uint8Array([255, 255, 255, 255, 1]),
    utf8('\u0000\u0000\u0000\u0000{}'),
  ]) {
    expect(await plain(guard, body)).toEqual({ status: 400, text: 'Error parsing onion request: onion_payload' })
  }
  for (const type of ['aes-cbc', 'rot13']) {
    using onion = build({ path: [guard], encType: 'aes-gcm' })
    const body = Buffer.from(onion.body).toString('latin1').replace('"aes-gcm"', JSON.stringify(type))
    expect(await plain(guard, Buffer.from(body, 'latin1'))).toEqual({ status: 400, text: 'Invalid ciphertext' })
  }
})

test('a layer that is no sense is refused under the key of that layer, and so is a server', async () => {
  await using fixture = await Fixture.create(2)
  const [guard, last] = fixture.nodes as [FixtureNode, FixtureNode]
  const server: OnionDestination = {
    kind: 'server',
    host: '127.0.0.1',
    target: '/loki/v3/lsrpc',
    x25519: new Uint8Array(32).fill(9) as X25519PublicKey,
  }
  using toServer = build({ path: [guard, last, last], destination: server })
  const { status, body } = await send(guard, toServer.body)
  expect(status).toBe(200)
  expect(toServer.open(body)).toEqual({ kind: 'relay', hop: 1, status: 400, body: 'Invalid url' })
})

test('a request that has passed fifteen hops goes no further', async () => {
  await using fixture = await Fixture.create(2)
  const [guard, other] = fixture.nodes as [FixtureNode, FixtureNode]
  using onion = build({ path: [guard] })
  const parsed = parseOnionBody(onion.body)
  if (parsed.kind !== 'frame') throw new Error('no frame')
  const ask = async (hop: number) => {
    const payload = encodeRelayFrame({ ...parsed.frame, hop })
    return guard.node.answerPeer(other.nodeId, FrameKind.relay, payload, NEVER)
  }
  expect(await ask(15)).toMatchObject({ status: 200 })
  expect(await ask(16)).toEqual({ status: 400, body: utf8('onion request max path length exceeded') })
})

test('a client that gives up ends the request at every hop', async () => {
  await using fixture = await Fixture.create(4)
  const { nodes } = fixture
  const before = fixture.clock.pending
  const request = { method: 'retrieve', params: alice.retrieve(fixture.clock.now(), { wait: 60_000 }) }
  using onion = build({ path: nodes, request })
  const gone = new AbortController()
  const asking = send(nodes[0]!, onion.body, gone.signal)
  await settle()
  expect(fixture.clock.pending).toBeGreaterThan(before)
  gone.abort()
  await expect(asking).rejects.toMatchObject({ name: 'AbortError' })
  expect(fixture.clock.pending).toBe(before)
})

test('a node that knows no directory relays nothing', async () => {
  await using fixture = new Fixture(1)
  const [node] = fixture.nodes as [FixtureNode]
  await fixture.start(node)
  using onion = build({ path: [node] })
  expect(await plain(node, onion.body)).toEqual({ status: 503, text: `Snode not ready: ${node.nodeId}` })
  expect(await node.ask('info', {})).toEqual({ status: 503, body: 'Service node is not ready: not done syncing\n' })
})

test('truncated and altered layers are refused, and never end anything', async () => {
  await using fixture = await Fixture.create(3)
  const { nodes } = fixture
  using onion = build({ path: nodes })
  const property = fc.asyncProperty(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), async (cut, at, flip) => {
    const truncated = await send(nodes[0]!, onion.body.slice(0, cut % onion.body.length))
    expect(truncated.status).toBe(400)
    const altered = onion.body.slice()
    altered[at % altered.length]! ^= flip
    expect([200, 400]).toContain((await send(nodes[0]!, altered)).status)
    expect(fromUtf8((await send(nodes[0]!, onion.body)).body)).not.toBe('')
  })
  await fc.assert(property, { numRuns: 60 })
})
