import { test } from 'node:test'
import {
  buildOnionRequest,
  concatBytes,
  encodeRelayFrame,
  FrameKind,
  fromBase64,
  fromUtf8,
  type NodeId,
  nodeIdOf,
  type OnionDestination,
  parseOnionBody,
  type ServerTarget,
  seconds,
  toHex,
  unixMillis,
  utf8,
  type X25519PublicKey,
} from '@starling/protocol'
import type { LinkReply } from '@starling/runtime'
import { createNativeAesCbc } from '@starling/runtime/native'
import { memoryLogger, seededRandom, settle, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import { crypto, Fixture, FixtureAccount, type FixtureNode } from '../testing/fixture.ts'
import { Relay } from './relay.ts'
import { type ServerExit, ServerExitError } from './server-exit.ts'

const alice = new FixtureAccount(1)
const NEVER = new AbortController().signal

const hopOf = ({ descriptor }: FixtureNode) => ({ nodeId: descriptor.nodeId, x25519: descriptor.encryptionKey })
const toNode = (node: FixtureNode): OnionDestination => ({ kind: 'node', ...hopOf(node) })

type Asked = { path: readonly FixtureNode[]; destination?: OnionDestination; request?: object; encType?: 'aes-gcm' }

let built = 0

function build({ path, destination, request, encType }: Asked) {
  return buildOnionRequest({
    crypto,
    random: seededRandom(`onion ${built++}`),
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

  const ask = async () => {
    using onion = build({ path: [guard, middle, last] })
    return plain(guard, onion.body)
  }
  await fixture.stop(last)
  const text = `Next node is currently unreachable: ${last.nodeId}`
  expect(await ask()).toEqual({ status: 502, text })
  await fixture.start(last)

  fixture.wire = ({ to }) => (to === middle ? 'silent' : undefined)
  const slow = ask()
  await fixture.clock.advance(seconds(75))
  expect(await slow).toEqual({ status: 504, text: 'Request time out' })

  const unreachable = `Next node is currently unreachable: ${middle.nodeId}`
  for (const [status, body, seen, text] of [
    [418, 'as it came', 418, 'as it came'],
    [404, 'as it came', 404, 'as it came'],
    [7, 'what is this', 500, 'what is this'],
    [600, 'what is this', 500, 'what is this'],
    [200, '', 200, ''],
    [403, '', 502, unreachable],
    [501, '', 502, unreachable],
    [503, '', 503, 'Server busy, try again later'],
    [500, '', 500, 'Invalid response from snode'],
    [204, '', 500, 'Invalid response from snode'],
  ] as const) {
    fixture.wire = () => ({ status, body: utf8(body) })
    expect(await ask()).toEqual({ status: seen, text })
  }
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
  for (const [type, text] of [
    ['aes-cbc', 'Unsupported cipher: this node does not accept aes-cbc'],
    ['cbc', 'Unsupported cipher: this node does not accept aes-cbc'],
    ['rot13', 'Unsupported cipher'],
  ] as const) {
    using onion = build({ path: [guard], encType: 'aes-gcm' })
    expect(await plain(guard, withEncType(onion.body, type))).toEqual({ status: 400, text })
  }
})

function withEncType(body: Uint8Array, type: string): Uint8Array {
  const text = Buffer.from(body).toString('latin1').replace('"aes-gcm"', JSON.stringify(type))
  return Buffer.from(text, 'latin1')
}

test('a layer in aes-cbc is opened, and answered in it, where the operator accepts that', async () => {
  await using fixture = new Fixture(1)
  const [node] = fixture.nodes as [FixtureNode]
  const aesCbc = createNativeAesCbc()
  fixture.ports = { aesCbc }
  await fixture.start(node)
  await fixture.publish(fixture.form([[node, '0']]))
  const client = crypto.x25519KeyPair(new Uint8Array(32).fill(77))
  const key = crypto.x25519(client.secretKey, node.descriptor.encryptionKey)
  const request = utf8(JSON.stringify({ method: 'info', params: {} }))
  const size = new Uint8Array(new Uint32Array([request.length]).buffer)
  const iv = new Uint8Array(16).fill(1)
  const sealed = aesCbc.seal(key, iv, concatBytes(size, request, utf8('{"headers":""}')))
  const control = utf8(JSON.stringify({ ephemeral_key: toHex(client.publicKey), enc_type: 'aes-cbc' }))
  const outer = concatBytes(new Uint8Array(new Uint32Array([16 + sealed.length]).buffer), iv, sealed, control)
  const { status, text } = await plain(node, outer)
  expect(status).toBe(200)
  const answer = fromBase64(text)
  const opened = aesCbc.open(key, answer.subarray(0, 16), answer.subarray(16))
  expect(JSON.parse(fromUtf8(opened!))).toMatchObject({ status: 200 })
})

test('the same layer is opened once by every hop, whoever brings it', async () => {
  await using fixture = await Fixture.create(3)
  const { nodes } = fixture
  const replayed = { status: 400, text: 'Replayed onion request' }
  let taken: Uint8Array | undefined
  fixture.wire = ({ to, payload }) => {
    if (to === nodes[2]) taken = payload
    return undefined
  }
  using onion = build({ path: nodes })
  expect((await plain(nodes[0]!, onion.body)).status).toBe(200)
  expect(await plain(nodes[0]!, onion.body)).toEqual(replayed)
  const again = await nodes[2]!.node.answerPeer(nodes[1]!.nodeId, FrameKind.relay, taken!, NEVER)
  expect({ status: again.status, text: fromUtf8(again.body) }).toEqual(replayed)
  // The same request with new keys, as a client repeats it.
  using repeated = build({ path: nodes })
  expect((await plain(nodes[0]!, repeated.body)).status).toBe(200)
})

test('a hop does not pass on to a node that has left the directory', async () => {
  await using fixture = await Fixture.create(3)
  const [guard, middle, last] = fixture.nodes as [FixtureNode, FixtureNode, FixtureNode]
  await fixture.publish(
    fixture.form([
      [guard, '0'],
      [middle, '0'],
    ]),
  )
  using onion = build({ path: [guard, middle, last] })
  expect(await plain(guard, onion.body)).toEqual({ status: 502, text: `Next node not found: ${last.nodeId}` })
  expect(last.received).not.toContain(FrameKind.relay)
})

const serverKey = new Uint8Array(32).fill(9) as X25519PublicKey
const LISTED = { host: 'files.example', port: 443, protocol: 'https' } as const

/** Two nodes that relay to one server, which answers as `post` says. */
async function withExit(post: ServerExit['post']): Promise<{ fixture: Fixture; path: readonly FixtureNode[] }> {
  const fixture = new Fixture(2)
  fixture.ports = { exit: { post } }
  fixture.exits = [LISTED]
  for (const node of fixture.nodes) await fixture.start(node)
  await fixture.publish(fixture.form(fixture.nodes.map((node) => [node, '0'])))
  return { fixture, path: [...fixture.nodes, fixture.nodes[1]!] }
}

const toServer = (change: Partial<OnionDestination & { kind: 'server' }> = {}): OnionDestination => ({
  kind: 'server',
  host: LISTED.host,
  target: '/oxen/v4/lsrpc',
  x25519: serverKey,
  ...change,
})

test('the last hop posts the whole layer to a server that is listed, and hands its answer back as it is', async () => {
  const posted: { target: ServerTarget; body: Uint8Array }[] = []
  const { fixture, path } = await withExit(async (target, body) => {
    posted.push({ target, body })
    return { status: 418, body: new Uint8Array([0, 255, 1]) }
  })
  await using _ = fixture
  using onion = build({ path, destination: toServer({ host: 'FILES.example' }) })
  expect(await send(path[0]!, onion.body)).toEqual({ status: 418, body: new Uint8Array([0, 255, 1]) })
  expect(posted.map(({ target }) => target)).toEqual([{ ...LISTED, target: '/oxen/v4/lsrpc' }])
  const { body } = posted[0]!
  const json = body.subarray(4 + Buffer.from(body).readUInt32LE())
  expect(JSON.parse(fromUtf8(json))).toMatchObject({
    host: 'FILES.example',
    target: '/oxen/v4/lsrpc',
    method: 'POST',
    ephemeral_key: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
})

test('a server that is not listed with exactly this host, port and protocol is refused under the key of the layer', async () => {
  const { fixture, path } = await withExit(() => Promise.reject(new Error('not to be reached')))
  await using _ = fixture
  for (const change of [
    { host: '127.0.0.1' },
    { host: 'other.example' },
    { host: 'files.example.' },
    { host: 'x.files.example' },
    { port: 444 },
    { port: 80, protocol: 'http' as const },
    { protocol: 'http' as const },
    { target: '/oxen/v4/lsrpc?x' },
    { target: '/other/lsrpc' },
    { target: '/loki/v3/lsrpc/' },
  ]) {
    using onion = build({ path, destination: toServer(change) })
    const { status, body } = await send(path[0]!, onion.body)
    expect(status).toBe(200)
    expect(onion.open(body)).toEqual({ kind: 'relay', hop: 1, status: 400, body: 'Invalid url' })
  }
})

test('without a way out every server is refused', async () => {
  await using fixture = await Fixture.create(2)
  const path = [...fixture.nodes, fixture.nodes[1]!]
  using onion = build({ path, destination: toServer() })
  expect(onion.open((await send(path[0]!, onion.body)).body)).toMatchObject({ hop: 1, status: 400 })
})

test('a server that fails is answered for in clear', async () => {
  let outcome: ServerExitError['code'] | LinkReply = 'timeout'
  const { fixture, path } = await withExit(async () => {
    if (typeof outcome === 'string') throw new ServerExitError(outcome)
    return outcome
  })
  await using _ = fixture
  const empty = (status: number): LinkReply => ({ status, body: new Uint8Array() })
  for (const [result, status, text] of [
    ['unreachable', 502, 'Server is unreachable'],
    ['not_public', 502, 'Server is unreachable'],
    ['too_large', 502, 'Answer of the server is too large'],
    ['timeout', 504, 'Server did not answer in time'],
    ['busy', 503, 'Server busy, try again later'],
    [empty(200), 200, ''],
    [empty(403), 403, 'Server answered 403'],
    [empty(999), 500, 'Server answered 999'],
  ] as const) {
    outcome = result
    using onion = build({ path, destination: toServer() })
    expect(await plain(path[0]!, onion.body)).toEqual({ status, text })
  }
})

test('beyond the bounds of requests or bytes under way a hop is busy, and has room again when they are over', async () => {
  const keys = crypto.x25519KeyPair(new Uint8Array(32).fill(8))
  const nodeId = nodeIdOf(crypto.ed25519KeyPair(new Uint8Array(32).fill(8)).publicKey)
  const request = () =>
    buildOnionRequest({
      crypto,
      random: seededRandom(`bound ${built++}`),
      path: [],
      destination: { kind: 'node', nodeId, x25519: keys.publicKey },
      payload: new Uint8Array(1000),
      encType: 'aes-gcm',
    }).body
  const size = request().length
  for (const limits of [
    { requests: 3, bytes: 1_000_000 },
    { requests: 100, bytes: 3 * size + 1 },
  ]) {
    const held = Promise.withResolvers<void>()
    const relay = new Relay({
      nodeId,
      keys,
      crypto,
      random: seededRandom(1),
      clock: new VirtualClock({ start: unixMillis(1_700_000_000_000) }),
      logger: memoryLogger(),
      limits,
      peers: { request: () => Promise.reject(new Error('not to be asked')) },
      descriptorOf: () => undefined,
      answer: () => held.promise.then(() => ({ status: 200, body: 'well', isJson: false })),
    })
    const ask = () => relay.fromClient(request(), NEVER)
    const underWay = [ask(), ask(), ask()]
    expect(await ask()).toEqual({ status: 503, body: utf8('Server busy, try again later') })
    held.resolve()
    for (const { status } of await Promise.all(underWay)) expect(status).toBe(200)
    expect((await ask()).status).toBe(200)
  }
})

test('a request that has passed fifteen hops goes no further', async () => {
  await using fixture = await Fixture.create(2)
  const [guard, other] = fixture.nodes as [FixtureNode, FixtureNode]
  const ask = async (hop: number) => {
    using onion = build({ path: [guard] })
    const parsed = parseOnionBody(onion.body)
    if (parsed.kind !== 'frame') throw new Error('no frame')
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
    using next = build({ path: nodes })
    expect(next.open((await send(nodes[0]!, next.body)).body)).toMatchObject({ status: 200 })
  })
  await fc.assert(property, { numRuns: 60 })
})
