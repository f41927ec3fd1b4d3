import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { days, decodeFrame, decodeReply, encodeFrame, FrameKind, millis, minutes, utf8 } from '@starling/protocol'
import { systemClock } from '@starling/runtime'
import { memoryLogger, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import { WebSocket } from 'ws'
import type { NodeSurfaces } from '../ports.ts'
import { Gate } from './gate.ts'
import { startHttpServer } from './http-server.ts'
import { DEFAULT_LIMITS, type ServerLimits } from './limits.ts'
import { type LinkServerOptions, startLinkServer } from './link-server.ts'

async function serve(change: Partial<LinkServerOptions> = {}, limits: Partial<ServerLimits> = {}) {
  const logger = memoryLogger()
  const seen = { running: 0, most: 0, echoed: 0, release: Promise.withResolvers<void>() }
  const surfaces: NodeSurfaces = {
    answer: async () => ({ status: 200, contentType: 'text/plain', body: utf8('well') }),
    answerPeer: async () => ({ status: 501, body: new Uint8Array() }),
    async answerLink(kind, payload, signal) {
      if (kind !== FrameKind.rpc) return { status: 501, body: new Uint8Array() }
      if (payload.length > 0) {
        seen.echoed++
        return { status: 200, body: payload }
      }
      seen.most = Math.max(seen.most, ++seen.running)
      signal.addEventListener('abort', () => seen.release.resolve())
      await seen.release.promise
      seen.running--
      return { status: 200, body: payload }
    },
  }
  const clock = change.clock ?? systemClock()
  const gate = new Gate({ limits: { ...DEFAULT_LIMITS, ...limits }, clock })
  const http = await startHttpServer({ surfaces, gate, clock, host: '127.0.0.1', port: 0, pingKey: '', logger })
  const links = startLinkServer([http], { surfaces, gate, clock, logger, ...change })
  return {
    logger,
    seen,
    gate,
    port: http.port,
    async open() {
      const socket = new WebSocket(`ws://127.0.0.1:${http.port}/link`)
      socket.on('error', () => {})
      await once(socket, 'open')
      return socket
    },
    async [Symbol.asyncDispose]() {
      await links[Symbol.asyncDispose]()
      await http[Symbol.asyncDispose]()
    },
  }
}

async function ask(socket: WebSocket, requestId: number, payload: Uint8Array) {
  socket.send(encodeFrame({ requestId, kind: FrameKind.rpc, payload }))
  const [data] = (await once(socket, 'message')) as [Buffer]
  const frame = decodeFrame(data)
  return { requestId: frame.requestId, ...decodeReply(frame.payload) }
}

test('frames are answered under their numbers, also kinds that nobody knows', async () => {
  await using server = await serve()
  const socket = await server.open()
  expect(await ask(socket, 7, utf8('hello'))).toMatchObject({ requestId: 7, status: 200 })
  socket.send(encodeFrame({ requestId: 8, kind: 99, payload: utf8('x') }))
  const [data] = (await once(socket, 'message')) as [Buffer]
  expect(decodeReply(decodeFrame(data).payload)).toMatchObject({ status: 501 })
})

test('garbage, text and too much close the link, and the others stay', async () => {
  await using server = await serve()
  const other = await server.open()
  const oversize = Buffer.alloc(10_485_760 + 10)
  for (const garbage of [Buffer.from('x'), Buffer.alloc(9), Buffer.alloc(100, 255), 'text', oversize]) {
    const socket = await server.open()
    socket.send(garbage)
    await once(socket, 'close')
  }
  expect(await ask(other, 1, utf8('still'))).toMatchObject({ status: 200 })
})

test('more than 256 requests at once on a link are answered 503', async () => {
  await using server = await serve()
  const socket = await server.open()
  const statuses: number[] = []
  socket.on('message', (data: Buffer) => statuses.push(decodeReply(decodeFrame(data).payload).status))
  for (let requestId = 0; requestId < 300; requestId++) {
    socket.send(encodeFrame({ requestId, kind: FrameKind.rpc, payload: new Uint8Array() }))
  }
  while (statuses.length < 44) await once(socket, 'message')
  expect(new Set(statuses)).toEqual(new Set([503]))
  expect(server.seen.most).toBe(256)
  socket.terminate()
  await server.seen.release.promise
})

test('an upgrade of another path is refused, and a reset in the middle of it ends nothing', async () => {
  await using server = await serve()
  const upgrade = (path: string) =>
    `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`
  const refused = connect(server.port, '127.0.0.1')
  refused.write(upgrade('/other'))
  const [data] = (await once(refused, 'data')) as [Buffer]
  expect(data.toString()).toContain('404 Not Found')
  for (let round = 0; round < 20; round++) {
    const socket = connect(server.port, '127.0.0.1')
    socket.on('error', () => {})
    await once(socket, 'connect')
    socket.write(upgrade(round % 2 ? '/other' : '/link') + 'x'.repeat(100_000))
    socket.resetAndDestroy()
  }
  const socket = await server.open()
  expect(await ask(socket, 1, utf8('well'))).toMatchObject({ status: 200 })
})

test('stopping does not wait for a client that does not answer the closing', async () => {
  const server = await serve()
  const socket = await server.open()
  ;(socket as unknown as { _socket: { pause(): void } })._socket.pause()
  const started = performance.now()
  await server[Symbol.asyncDispose]()
  expect(performance.now() - started).toBeLessThan(2_000)
  socket.terminate()
})

/** Statuses of all replies, in the order in which they came. */
function statusesOf(socket: WebSocket): number[] {
  const statuses: number[] = []
  socket.on('message', (data: Buffer) => statuses.push(decodeReply(decodeFrame(data).payload).status))
  return statuses
}

/** The raw connection under a client's WebSocket. */
const rawOf = (socket: WebSocket) => (socket as unknown as { _socket: Socket })._socket

/** The start of a WebSocket message of `size` bytes, whose payload comes behind it. */
function messageHeader(size: number): Buffer {
  const header = Buffer.alloc(14)
  header.set([0x82, 0xff])
  header.writeBigUInt64BE(BigInt(size), 2)
  return header
}

test('a link that asks too fast is answered 429, and one that goes on is closed', async () => {
  await using server = await serve({}, { rpcPerSecond: 10 })
  const socket = await server.open()
  const statuses = statusesOf(socket)
  for (let requestId = 0; requestId < 1_000; requestId++) {
    socket.send(encodeFrame({ requestId, kind: FrameKind.rpc, payload: utf8('x') }))
  }
  await once(socket, 'close')
  // Half of the rate of its address, for two seconds.
  expect(statuses.filter((status) => status === 200).length).toBe(10)
  expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(200)
  const next = await server.open()
  expect(await ask(next, 1, utf8('x'))).toMatchObject({ status: 200 })
})

test('pings and cancels without end close a link', async () => {
  await using server = await serve({}, { rpcPerSecond: 10 })
  for (const kind of [FrameKind.ping, FrameKind.cancel, FrameKind.reply]) {
    const socket = await server.open()
    for (let requestId = 0; requestId < 200; requestId++) {
      socket.send(encodeFrame({ requestId, kind, payload: new Uint8Array(2) }))
    }
    await once(socket, 'close')
  }
})

test('WebSocket pings without end close a link, too', async () => {
  await using server = await serve({}, { rpcPerSecond: 10 })
  const socket = await server.open()
  const closed = once(socket, 'close')
  let pings = 0
  for (; socket.readyState === WebSocket.OPEN && pings < 1_000; pings++) {
    socket.ping()
    await Promise.race([once(socket, 'pong'), closed])
  }
  expect(pings).toBeGreaterThan(90)
  expect(pings).toBeLessThan(1_000)
})

test('links over the share of one address are refused before they begin', async () => {
  await using server = await serve({}, { links: 16 })
  const links = [await server.open(), await server.open(), await server.open()]
  const refused = new WebSocket(`ws://127.0.0.1:${server.port}/link`)
  const [, response] = (await once(refused, 'unexpected-response')) as [unknown, IncomingMessage]
  expect(response).toMatchObject({ statusCode: 503, headers: { 'retry-after': '1' } })
  links[0]!.close()
  await once(links[0]!, 'close')
  expect((await server.open()).readyState).toBe(WebSocket.OPEN)
})

test('a frame that has begun and finds no room closes its link, and no other', async () => {
  await using server = await serve({}, { bytes: 1_000_000 })
  const other = await server.open()
  const socket = await server.open()
  rawOf(socket).write(messageHeader(10_000_000))
  rawOf(socket).write(Buffer.alloc(1_000_000))
  await once(socket, 'close')
  expect(await ask(other, 1, Buffer.alloc(40_000))).toMatchObject({ status: 200 })
})

test('requests whose bodies find no room are answered 503', async () => {
  await using server = await serve({}, { bytes: 100_000 })
  const socket = await server.open()
  expect(await ask(socket, 1, Buffer.alloc(30_000))).toMatchObject({ status: 503 })
  expect(server.seen.echoed).toBe(0)
  expect(await ask(socket, 2, Buffer.alloc(4_000))).toMatchObject({ status: 200 })
})

test('a link that is silent, or goes on with a frame without ever ending it, is closed', async () => {
  await using server = await serve({ heartbeat: { interval: millis(100), timeout: millis(100) } })
  const alive = await server.open()
  alive.on('message', (data: Buffer) => {
    const frame = decodeFrame(data)
    if (frame.kind !== FrameKind.ping) return
    const payload = new Uint8Array([0, 200])
    alive.send(encodeFrame({ requestId: frame.requestId, kind: FrameKind.reply, payload }))
  })
  const [silent, endless] = [await server.open(), await server.open()]
  rawOf(endless).write(messageHeader(10_000))
  const dribbling = setInterval(() => rawOf(endless).write('x'), 20)
  await Promise.all([once(silent, 'close'), once(endless, 'close')])
  clearInterval(dribbling)
  expect(await ask(alive, 1, utf8('well'))).toMatchObject({ status: 200 })
})

test('a link that asks and does not read is cut off', async () => {
  const clock = new VirtualClock()
  await using server = await serve({ clock, heartbeat: { interval: days(1), timeout: days(1) } })
  const socket = await server.open()
  socket.pause()
  const payload = new Uint8Array(4_000_000)
  // A fourth would be too much at once.
  for (let requestId = 0; requestId < 3; requestId++) {
    socket.send(encodeFrame({ requestId, kind: FrameKind.rpc, payload }))
  }
  while (server.seen.echoed < 3) await new Promise((resolve) => setTimeout(resolve, 10))
  await clock.advance(minutes(20))
  socket.resume()
  await once(socket, 'close')
})
