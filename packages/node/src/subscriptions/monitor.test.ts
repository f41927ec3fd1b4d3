/** Subscriptions as a client has them, of running nodes. */
import { once } from 'node:events'
import { test } from 'node:test'
import {
  decodeFrame,
  decodeMonitorAnswer,
  decodeMonitorEnd,
  decodeMonitorPush,
  encodeFrame,
  encodeMonitorRequest,
  FrameKind,
  fromUtf8,
  minutes,
  ownerSigner,
  parseNamespace,
  parseOwner,
  type Signer,
  type SubaccountToken,
  seconds,
  signMonitor,
  toBase64,
  toHex,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { type LinkReply, LinkSession, systemClock } from '@starling/runtime'
import { memoryLogger, settle } from '@starling/runtime/testing'
import { expect } from 'expect'
import { WebSocket } from 'ws'
import type { LinkPeer, NodeSurfaces } from '../ports.ts'
import { Gate } from '../server/gate.ts'
import { startHttpServer } from '../server/http-server.ts'
import { DEFAULT_LIMITS } from '../server/limits.ts'
import { startLinkServer } from '../server/link-server.ts'
import { crypto, Fixture, FixtureAccount, type FixtureNode, pass } from '../testing/fixture.ts'

const NEVER = new AbortController().signal
const alice = new FixtureAccount(1)
const aliceSigner = alice.keys.signing.secretKey.use((key) =>
  ownerSigner(crypto, key.slice() as typeof key, { account: true }),
)
const group = crypto.ed25519KeyPair(new Uint8Array(32).fill(60))
const groupOwner = parseOwner(`03${toHex(group.publicKey)}`)
const carol = crypto.ed25519KeyPair(new Uint8Array(32).fill(61))
const carolToken = new Uint8Array([3, 1, 0, 0, ...carol.publicKey]) as SubaccountToken
const carolSigner: Signer = {
  signingKey: undefined,
  subaccount: { token: carolToken, signature: crypto.ed25519Sign(group.secretKey, carolToken) },
  sign: (bytes) => crypto.ed25519Sign(carol.secretKey, bytes),
}
const signedByGroup = (text: Uint8Array) => toBase64(crypto.ed25519Sign(group.secretKey, text))

/** A request of an owner's subscription with data. */
function request(owner: string, signer: Signer, now: number, ...namespaces: number[]): Uint8Array {
  const asked = { owner: parseOwner(owner), namespaces: namespaces.map(parseNamespace), withData: true }
  return encodeMonitorRequest(signMonitor({ ...asked, timestampSeconds: Math.floor(now / 1000) }, signer))
}

/** A link that ends in a list of what came over it. */
class Told implements LinkPeer {
  readonly texts: string[] = []
  readonly ends: number[] = []
  readonly closed = new Promise<void>(() => {})

  async request(kind: number, payload: Uint8Array): Promise<LinkReply> {
    if (kind === FrameKind.monitorEnd) this.ends.push(decodeMonitorEnd(payload).code)
    else this.texts.push(fromUtf8(decodeMonitorPush(payload).data!))
    return { status: 200, body: new Uint8Array() }
  }
}

async function told(node: FixtureNode, payload: Uint8Array): Promise<Told> {
  const link = new Told()
  const { status, body } = await node.node.answerLink(FrameKind.monitor, payload, NEVER, link)
  expect(status).toBe(200)
  expect(decodeMonitorAnswer(body)).toEqual([{ kind: 'subscribed' }])
  return link
}

test('a store is told at the member that was asked and at those that it was handed on to, once', async () => {
  await using fixture = await Fixture.create(3)
  const now = fixture.clock.now()
  const [asked, other] = fixture.nodes as [FixtureNode, FixtureNode]
  const links = [
    await told(asked, request(alice.owner, aliceSigner, now, 0)),
    await told(other, request(alice.owner, aliceSigner, now, 0)),
  ]
  for (const text of ['one', 'one', 'two']) expect((await asked.ask('store', alice.store(now, text))).status).toBe(200)
  for (const { texts } of links) expect(texts).toEqual(['one', 'two'])
})

test('what another member brings later is not told', async () => {
  await using fixture = await Fixture.create(3)
  const now = fixture.clock.now()
  const [asked, , away] = fixture.nodes as [FixtureNode, FixtureNode, FixtureNode]
  const link = await told(away, request(alice.owner, aliceSigner, now, 0))
  fixture.wire = ({ to }) => (to === away ? 'unreachable' : undefined)
  await asked.ask('store', alice.store(now, 'missed'))
  fixture.wire = () => undefined
  await pass(fixture, minutes(10))
  const { body } = await away.ask('retrieve', alice.retrieve(fixture.clock.now()))
  expect(body.messages).toHaveLength(1)
  await asked.ask('store', alice.store(fixture.clock.now(), 'heard'))
  expect(link.texts).toEqual(['heard'])
})

test('a revocation ends subscriptions at the member asked, at those that hear of it, and at one that learns of it later', async () => {
  await using fixture = await Fixture.create(3)
  const [asked, , away] = fixture.nodes as [FixtureNode, FixtureNode, FixtureNode]
  const now = fixture.clock.now()
  const links = await Promise.all(fixture.nodes.map((node) => told(node, request(groupOwner, carolSigner, now, 11))))
  const signed = Uint8Array.from([...utf8(`revoke_subaccount${now}`), ...carolToken])
  fixture.wire = ({ to }) => (to === away ? 'unreachable' : undefined)
  const revoke = { pubkey: groupOwner, revoke: toBase64(carolToken), timestamp: now, signature: signedByGroup(signed) }
  expect((await asked.ask('revoke_subaccount', revoke)).status).toBe(200)
  expect(links.map(({ ends }) => ends)).toEqual([[5], [5], []])
  fixture.wire = () => undefined
  await pass(fixture, minutes(10))
  expect(links.map(({ ends }) => ends)).toEqual([[5], [5], [5]])
  const again = request(groupOwner, carolSigner, now, 11)
  const { body } = await away.node.answerLink(FrameKind.monitor, again, NEVER, new Told())
  expect(decodeMonitorAnswer(body)).toMatchObject([{ code: 5 }])
})

test('when the directory moves an account, its subscription ends with the new swarm', async () => {
  await using fixture = await Fixture.create(2)
  const [here, there] = fixture.nodes as [FixtureNode, FixtureNode]
  const link = await told(here, request(alice.owner, aliceSigner, fixture.clock.now(), 0))
  await fixture.publish(fixture.form([[there, '0']]))
  await pass(fixture, seconds(5))
  expect(link.ends).toEqual([6])
})

test('only a link subscribes: not HTTP, not an onion path, and nothing while the node is not ready', async () => {
  await using fixture = await Fixture.create(1)
  const [node] = fixture.nodes as [FixtureNode]
  const payload = request(alice.owner, aliceSigner, fixture.clock.now(), 0)
  expect(await node.node.answerLink(FrameKind.monitor, payload, NEVER)).toMatchObject({ status: 501 })
  expect(await node.node.answerPeer(node.nodeId, FrameKind.monitor, payload, NEVER)).toMatchObject({ status: 501 })
  expect(await node.ask('monitor', {})).toEqual({ status: 400, body: 'no method monitor' })
  await using empty = new Fixture(1)
  const [young] = empty.nodes as [FixtureNode]
  await empty.start(young)
  expect(await young.node.answerLink(FrameKind.monitor, payload, NEVER, new Told())).toMatchObject({ status: 503 })
})

/** A node behind real sockets. */
async function serve(surfaces: NodeSurfaces) {
  const clock = systemClock()
  const logger = memoryLogger()
  const shared = { surfaces, gate: new Gate({ limits: DEFAULT_LIMITS, clock }), clock, logger }
  const http = await startHttpServer({ ...shared, host: '127.0.0.1', port: 0, pingKey: '' })
  const links = startLinkServer([http], shared)
  return {
    logger,
    url: `ws://127.0.0.1:${http.port}/link`,
    async [Symbol.asyncDispose]() {
      await links[Symbol.asyncDispose]()
      await http[Symbol.asyncDispose]()
    },
  }
}

test('a client on a WebSocket subscribes, is told of messages, and is forgotten when it goes', async () => {
  await using fixture = await Fixture.create(1)
  const [{ node, ...fixtureNode }] = fixture.nodes as [FixtureNode]
  await using server = await serve(node)

  // All that a client needs: a WebSocket, a link on it, and a handler for what the node asks.
  const webSocket = new WebSocket(server.url)
  const pushes: string[] = []
  const both = Promise.withResolvers<void>()
  await using link = new LinkSession({
    carrier: {
      send: (frame) => webSocket.send(frame),
      bufferedBytes: 0,
      close: () => webSocket.close(),
    },
    clock: systemClock(),
    async handler(kind, payload) {
      if (kind !== FrameKind.monitorMessage) return { status: 501, body: new Uint8Array() }
      const { namespace, data } = decodeMonitorPush(payload)
      if (pushes.push(`${namespace} ${fromUtf8(data!)}`) === 2) both.resolve()
      return { status: 200, body: new Uint8Array() }
    },
  })
  webSocket.on('message', (frame: Buffer) => link.receive(frame))
  webSocket.on('close', () => link.closedByCarrier())
  await once(webSocket, 'open')

  const now = unixMillis(fixture.clock.now())
  const options = { signal: NEVER, timeout: seconds(10) }
  const answer = await link.request(FrameKind.monitor, request(alice.owner, aliceSigner, now, 0, 10), options)
  expect(decodeMonitorAnswer(answer.body)).toEqual([{ kind: 'subscribed' }])
  for (const [namespace, text] of [
    [0, 'hello'],
    [20, 'not asked for'],
    [10, 'world'],
  ] as const) {
    const store = JSON.stringify({ method: 'store', params: alice.store(now, text, { namespace }) })
    expect((await link.request(FrameKind.rpc, utf8(store), options)).status).toBe(200)
  }
  await both.promise
  expect(pushes).toEqual(['0 hello', '10 world'])
  expect((await node.status()).subscriptions).toBe(1)
  expect(fixtureNode.log.text()).not.toContain(alice.owner)
  expect(server.logger.text()).not.toContain(alice.owner)

  webSocket.close()
  await once(webSocket, 'close')
  while ((await node.status()).subscriptions > 0) await settle()
})

test('a client that never says that a message has come gets 128, is told why there are no more, and keeps its link', async () => {
  await using fixture = await Fixture.create(1)
  const [{ node, ...fixtureNode }] = fixture.nodes as [FixtureNode]
  await using server = await serve(node)
  const webSocket = new WebSocket(server.url)
  const kinds: number[] = []
  const ended = Promise.withResolvers<void>()
  webSocket.on('message', (bytes: Buffer) => {
    const { kind } = decodeFrame(bytes)
    kinds.push(kind)
    if (kind === FrameKind.monitorEnd) ended.resolve()
  })
  await once(webSocket, 'open')
  const now = fixture.clock.now()
  webSocket.send(
    encodeFrame({ requestId: 1, kind: FrameKind.monitor, payload: request(alice.owner, aliceSigner, now, 0) }),
  )
  await once(webSocket, 'message')
  for (let number = 0; number < 200; number++) {
    const store = JSON.stringify({ method: 'store', params: alice.store(now, `message ${number}`) })
    expect((await node.answer({ kind: 'rpc', body: utf8(store) }, NEVER)).status).toBe(200)
  }
  await ended.promise
  expect(kinds).toEqual([FrameKind.reply, ...Array<number>(128).fill(FrameKind.monitorMessage), FrameKind.monitorEnd])
  expect((await node.status()).subscriptions).toBe(0)
  webSocket.send(encodeFrame({ requestId: 2, kind: FrameKind.ping, payload: new Uint8Array() }))
  await once(webSocket, 'message')
  expect(fixtureNode.log.text()).not.toContain('push_failed')
  webSocket.terminate()
})
