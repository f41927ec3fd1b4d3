import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import {
  type ConnectionOptions,
  connect as connectTls,
  createServer as createTlsServer,
  type TLSSocket,
} from 'node:tls'
import {
  type Descriptor,
  encodeFrame,
  FrameKind,
  millis,
  type NodeId,
  parseIpv4Address,
  SecretKey,
  seconds,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { type Clock, systemClock } from '@starling/runtime'
import { memoryLogger, settle, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import type { NodeSurfaces } from '../ports.ts'
import { crypto, FixtureNode } from '../testing/fixture.ts'
import { createHttpsIdentity, createPeerIdentity } from './certificate.ts'
import { DEFAULT_LIMITS, type ServerLimits } from './limits.ts'
import { TlsPeers } from './tls-peers.ts'

const NEVER = new AbortController().signal
const people = [0, 1, 2].map((index) => new FixtureNode(index, new VirtualClock()))
const ask = (timeout = 2_000) => ({ signal: NEVER, timeout: millis(timeout) })

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

type Peer = { peers: TlsPeers; descriptor: Descriptor; asked: [NodeId, string][]; log: ReturnType<typeof memoryLogger> }

type PeerOptions = {
  port?: number
  clock?: Clock
  limits?: Partial<ServerLimits>
  /** Everybody, if it is not said. */
  knows?: (nodeId: NodeId) => boolean
}

async function peer(index: number, options: PeerOptions = {}): Promise<Peer> {
  const { keys, descriptor } = people[index]!
  const port = options.port ?? (await freePort())
  const log = memoryLogger()
  const peers = new TlsPeers({
    identity: await createPeerIdentity(new SecretKey(keys.secretKey.slice() as never), unixMillis(Date.now())),
    host: '127.0.0.1',
    port,
    clock: options.clock ?? systemClock(),
    logger: log,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
  })
  const asked: Peer['asked'] = []
  const surfaces: NodeSurfaces = {
    answer: () => Promise.reject(new Error('not asked')),
    answerLink: () => Promise.reject(new Error('not asked')),
    async answerPeer(from, _kind, payload) {
      asked.push([from, Buffer.from(payload).toString()])
      return { status: 200, body: utf8(`answer of ${index}`) }
    },
  }
  await peers.listen(surfaces, { knows: options.knows ?? (() => true) })
  const address = parseIpv4Address('127.0.0.1')
  return { peers, asked, log, descriptor: { ...descriptor, address, peerPort: port, timestamp: unixMillis(0) } }
}

/** `once` would fail of a reset. */
function closing(socket: Socket): Promise<void> {
  socket.on('error', () => {})
  return new Promise((resolve) => socket.on('close', () => resolve()))
}

test('both sides ask over links on which both have proven who they are', async () => {
  const [a, b] = [await peer(0), await peer(1)]
  await using stack = new AsyncDisposableStack()
  stack.use(a.peers)
  stack.use(b.peers)
  const there = await a.peers.request(b.descriptor, FrameKind.probe, utf8('from a'), ask())
  const back = await b.peers.request(a.descriptor, FrameKind.probe, utf8('from b'), ask())
  expect(Buffer.from(there.body).toString()).toBe('answer of 1')
  expect(Buffer.from(back.body).toString()).toBe('answer of 0')
  expect(b.asked).toEqual([[people[0]!.nodeId, 'from a']])
  expect(a.asked).toEqual([[people[1]!.nodeId, 'from b']])
})

test('who answers at the address under another key is not asked', async () => {
  const [a, b] = [await peer(0), await peer(1)]
  await using stack = new AsyncDisposableStack()
  stack.use(a.peers)
  stack.use(b.peers)
  const wrong = { ...b.descriptor, nodeId: people[2]!.nodeId }
  await expect(a.peers.request(wrong, FrameKind.probe, utf8('x'), ask())).rejects.toMatchObject({ code: 'unreachable' })
  expect(b.asked).toEqual([])
})

test('who shows no certificate, or speaks no TLS or no frames, is cut off', async () => {
  const b = await peer(1)
  await using _ = b.peers
  const { peerPort: port } = b.descriptor
  const anonymous = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, minVersion: 'TLSv1.3' })
  await closing(anonymous)
  const plain = connect(port, '127.0.0.1')
  plain.write('GET / HTTP/1.1\r\n\r\n')
  plain.resume()
  await closing(plain)
  const identity = await createPeerIdentity(
    new SecretKey(people[0]!.keys.secretKey.slice() as never),
    unixMillis(Date.now()),
  )
  const rude = connectTls({ ...identity, host: '127.0.0.1', port, rejectUnauthorized: false })
  rude.write(Buffer.alloc(64, 255))
  rude.resume()
  await closing(rude)
  expect(b.asked).toEqual([])
  expect(b.log.text()).toContain('peer.malformed_frame')
})

test('after the other side died the next request finds it again', async () => {
  const [a, b] = [await peer(0), await peer(1)]
  await using stack = new AsyncDisposableStack()
  stack.use(a.peers)
  await a.peers.request(b.descriptor, FrameKind.probe, utf8('1'), ask())
  await b.peers[Symbol.asyncDispose]()
  await expect(a.peers.request(b.descriptor, FrameKind.probe, utf8('2'), ask())).rejects.toMatchObject({
    // It depends on whether the end of the link has been heard of already.
    code: expect.stringMatching(/^(unreachable|closed)$/),
  })
  const again = await peer(1, { port: b.descriptor.peerPort })
  stack.use(again.peers)
  await a.peers.request(b.descriptor, FrameKind.probe, utf8('3'), ask())
  expect(again.asked).toEqual([[people[0]!.nodeId, '3']])
})

/** Passes connections on until told to be silent: a machine that vanished, which no packet tells. */
async function proxyTo(port: number) {
  const sockets = new Set<Socket>()
  let silent = false
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('error', () => {})
      from.on('data', (chunk: Buffer) => silent || to.write(chunk))
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as { port: number }).port,
    hush: () => {
      silent = true
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

test('a peer that vanished is noticed by the heartbeat, and whatever waits for it fails', async () => {
  const clock = new VirtualClock()
  const [a, b] = [await peer(0, { clock }), await peer(1)]
  await using stack = new AsyncDisposableStack()
  stack.use(a.peers)
  stack.use(b.peers)
  const proxy = stack.use(await proxyTo(b.descriptor.peerPort))
  const reached = { ...b.descriptor, peerPort: proxy.port }
  await a.peers.request(reached, FrameKind.probe, utf8('1'), ask(60_000))
  proxy.hush()
  const waiting = a.peers.request(reached, FrameKind.probe, utf8('2'), ask(600_000)).catch((error: unknown) => error)
  await clock.advance(seconds(16))
  await settle()
  expect(await waiting).toMatchObject({ name: 'PeerError', code: 'closed' })
})

test('connecting counts towards the timeout, and an asker that gives up is released at once', async () => {
  const a = await peer(0)
  await using stack = new AsyncDisposableStack()
  stack.use(a.peers)
  const mute = createServer(() => {}).listen(0, '127.0.0.1')
  await once(mute, 'listening')
  stack.defer(() => void mute.close())
  const target = { ...people[1]!.descriptor, timestamp: unixMillis(0), address: parseIpv4Address('127.0.0.1') }
  const descriptor = { ...target, peerPort: (mute.address() as { port: number }).port }
  const started = performance.now()
  await expect(a.peers.request(descriptor, FrameKind.probe, utf8(''), ask(100))).rejects.toMatchObject({
    code: 'timeout',
  })
  const gone = new AbortController()
  const waiting = a.peers.request(descriptor, FrameKind.probe, utf8(''), { ...ask(60_000), signal: gone.signal })
  gone.abort()
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
  expect(performance.now() - started).toBeLessThan(2_000)
})

test('it stops at once, also with connections that never finished a handshake', async () => {
  const b = await peer(1)
  const half = connect(b.descriptor.peerPort, '127.0.0.1')
  half.on('error', () => {})
  await once(half, 'connect')
  const started = performance.now()
  await b.peers[Symbol.asyncDispose]()
  expect(performance.now() - started).toBeLessThan(2_000)
  half.destroy()
})

async function identityOf(index: number) {
  const { keys } = people[index]!
  return createPeerIdentity(new SecretKey(keys.secretKey.slice() as never), unixMillis(Date.now()))
}

/** A connection to the peer port that is done with its handshake, or was refused. */
async function dial(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
  socket.on('error', () => {}).setMaxListeners(0)
  await new Promise<void>((resolve) => {
    socket.on('secureConnect', () => resolve())
    socket.on('close', () => resolve())
  })
  return socket
}

/** The status that a request of this kind gets; undefined if the connection is closed instead. */
async function statusOf(socket: TLSSocket, kind: number, requestId = 1): Promise<number | undefined> {
  socket.write(encodeFrame({ requestId, kind, payload: new Uint8Array() }))
  const answered = once(socket, 'data').then(([data]) => (data as Buffer).readUInt16BE(9))
  return Promise.race([answered, closing(socket).then(() => undefined)])
}

test('links are TLS 1.3 and nothing older, in groups that keep what was recorded unreadable', async () => {
  const b = await peer(1)
  await using _ = b.peers
  const identity = await identityOf(0)
  const { peerPort: port } = b.descriptor
  for (const [options, isLetIn] of [
    [{}, true],
    [{ ecdhCurve: 'X25519' }, true],
    [{ ecdhCurve: 'X25519MLKEM768' }, true],
    [{ ecdhCurve: 'P-256' }, false],
    [{ ecdhCurve: 'ffdhe2048' }, false],
    [{ maxVersion: 'TLSv1.2' }, false],
  ] as const) {
    const socket = await dial(port, { ...identity, ...options })
    expect({ options, protocol: socket.destroyed ? null : socket.getProtocol() }).toEqual({
      options,
      protocol: isLetIn ? 'TLSv1.3' : null,
    })
    if (isLetIn) expect(await statusOf(socket, FrameKind.probe)).toBe(200)
    socket.destroy()
  }
})

test('who answers with an older version or another group is not asked', async () => {
  const a = await peer(0)
  await using stack = new AsyncDisposableStack()
  stack.use(a.peers)
  const identity = await identityOf(1)
  for (const options of [{ maxVersion: 'TLSv1.2' }, { ecdhCurve: 'P-256' }] as const) {
    const server = createTlsServer({ ...identity, ...options }, (socket) => socket.on('error', () => {}))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    stack.defer(() => void server.close())
    const target = { ...people[1]!.descriptor, timestamp: unixMillis(0), address: parseIpv4Address('127.0.0.1') }
    const descriptor = { ...target, peerPort: (server.address() as { port: number }).port }
    await expect(a.peers.request(descriptor, FrameKind.probe, utf8(''), ask())).rejects.toMatchObject({
      code: 'unreachable',
    })
  }
})

test('a certificate whose key is no node key proves nothing', async () => {
  const b = await peer(1)
  await using _ = b.peers
  const socket = await dial(b.descriptor.peerPort, await createHttpsIdentity(unixMillis(Date.now())))
  expect(await statusOf(socket, FrameKind.probe)).toBeUndefined()
  expect(b.asked).toEqual([])
})

test('a key that the directory does not know is cut off after ten seconds, and one that it learns to know stays', async () => {
  const clock = new VirtualClock()
  const known = new Set<NodeId>()
  const b = await peer(1, { clock, knows: (nodeId) => known.has(nodeId) })
  await using _ = b.peers
  const stranger = await dial(b.descriptor.peerPort, await identityOf(0))
  const newcomer = await dial(b.descriptor.peerPort, await identityOf(2))
  for (const socket of [stranger, newcomer]) expect(await statusOf(socket, FrameKind.probe)).toBe(200)
  known.add(people[2]!.nodeId)
  const closed = closing(stranger)
  await clock.advance(seconds(9))
  expect(stranger.destroyed).toBe(false)
  stranger.resume()
  await clock.advance(seconds(2))
  await closed
  expect(await statusOf(newcomer, FrameKind.probe, 2)).toBe(200)
  newcomer.destroy()
})

test('a key that nobody knows may ask little, and publish little; a node may ask much', async () => {
  const known = new Set<NodeId>([people[2]!.nodeId])
  const b = await peer(1, { knows: (nodeId) => known.has(nodeId) })
  await using _ = b.peers
  const stranger = await dial(b.descriptor.peerPort, await identityOf(0))
  const node = await dial(b.descriptor.peerPort, await identityOf(2))
  const statuses: Record<string, (number | undefined)[]> = { stranger: [], node: [], publisher: [] }
  for (let requestId = 0; requestId < 40; requestId++) {
    statuses['stranger']!.push(await statusOf(stranger, FrameKind.probe, requestId))
    statuses['node']!.push(await statusOf(node, FrameKind.relay, requestId))
    statuses['publisher']!.push(await statusOf(node, FrameKind.publish, 100 + requestId))
  }
  expect(new Set(statuses['node'])).toEqual(new Set([200]))
  // Half of the rate of an address, for five seconds.
  expect(statuses['stranger']!.slice(0, 12)).toEqual([...new Array(10).fill(200), 429, 429])
  expect(statuses['publisher']!.slice(0, 22)).toEqual([...new Array(20).fill(200), 429, 429])
  for (const socket of [stranger, node]) socket.destroy()
})

test('strangers share a few places, of which one address has a fifth, and keep no node out', async () => {
  const known = new Set<NodeId>([people[2]!.nodeId])
  const b = await peer(1, { clock: new VirtualClock(), knows: (nodeId) => known.has(nodeId) })
  await using _ = b.peers
  const { peerPort: port } = b.descriptor
  const strangers: TLSSocket[] = []
  const ended: TLSSocket[] = []
  for (let index = 0; index < 40; index++) {
    const keys = crypto.ed25519KeyPair(new Uint8Array(32).fill(100 + index))
    const identity = await createPeerIdentity(new SecretKey(keys.secretKey), unixMillis(Date.now()))
    const socket = await dial(port, identity)
    socket.on('close', () => ended.push(socket))
    strangers.push(socket.resume())
  }
  const node = await dial(port, await identityOf(2))
  expect(await statusOf(node, FrameKind.relay)).toBe(200)
  // The newest is there, the oldest have made room.
  expect(await statusOf(strangers.at(-1)!, FrameKind.probe)).toBe(200)
  while (ended.length < 27) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(ended).toEqual(strangers.slice(0, 27))
  for (const socket of [...strangers, node]) socket.destroy()
})

test('a node has two links at most: the oldest goes when it opens a third', async () => {
  const b = await peer(1, { clock: new VirtualClock() })
  await using _ = b.peers
  const identity = await identityOf(0)
  const links: TLSSocket[] = []
  for (let round = 0; round < 3; round++) {
    links.push(await dial(b.descriptor.peerPort, identity))
    expect(await statusOf(links[round]!, FrameKind.relay)).toBe(200)
  }
  links[0]!.resume()
  if (!links[0]!.closed) await closing(links[0]!)
  for (const link of links.slice(1)) {
    expect(await statusOf(link, FrameKind.relay, 2)).toBe(200)
    link.destroy()
  }
})

test('handshakes of one address have a rate', async () => {
  const b = await peer(1, { limits: { connectionsPerSecond: 1 } })
  await using _ = b.peers
  const identity = await identityOf(0)
  const counts = { finished: 0, closed: 0 }
  const options = { ...identity, host: '127.0.0.1', port: b.descriptor.peerPort, rejectUnauthorized: false }
  const sockets = Array.from({ length: 9 }, () => {
    const socket = connectTls(options).on('error', () => {})
    socket.on('secureConnect', () => counts.finished++)
    return socket.on('close', () => counts.closed++).resume()
  })
  // Six seconds' worth of handshakes; the node keeps two links.
  while (counts.closed < 7) await new Promise((resolve) => setTimeout(resolve, 10))
  expect(counts).toEqual({ finished: 6, closed: 7 })
  for (const socket of sockets) socket.destroy()
})
