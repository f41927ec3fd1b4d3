import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import {
  type Descriptor,
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
import { FixtureNode } from '../testing/fixture.ts'
import { createPeerIdentity } from './certificate.ts'
import { DEFAULT_LIMITS } from './limits.ts'
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

async function peer(
  index: number,
  options: { port?: number; clock?: Clock; knows?: (nodeId: NodeId) => boolean } = {},
): Promise<Peer> {
  const { keys, descriptor } = people[index]!
  const port = options.port ?? (await freePort())
  const log = memoryLogger()
  const peers = new TlsPeers({
    identity: await createPeerIdentity(new SecretKey(keys.secretKey.slice() as never), unixMillis(Date.now())),
    host: '127.0.0.1',
    port,
    clock: options.clock ?? systemClock(),
    logger: log,
    limits: DEFAULT_LIMITS,
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
