import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { decodeFrame, decodeReply, encodeFrame, FrameKind, utf8 } from '@starling/protocol'
import { systemClock } from '@starling/runtime'
import { memoryLogger } from '@starling/runtime/testing'
import { expect } from 'expect'
import { WebSocket } from 'ws'
import type { NodeSurfaces } from '../ports.ts'
import { Gate } from './gate.ts'
import { startHttpServer } from './http-server.ts'
import { DEFAULT_LIMITS, type ServerLimits } from './limits.ts'
import { type LinkServerOptions, startLinkServer } from './link-server.ts'

async function serve(change: Partial<LinkServerOptions> = {}, limits: Partial<ServerLimits> = {}) {
  const logger = memoryLogger()
  const seen = { running: 0, most: 0, release: Promise.withResolvers<void>() }
  const surfaces: NodeSurfaces = {
    answer: async () => ({ status: 200, contentType: 'text/plain', body: utf8('well') }),
    answerPeer: async () => ({ status: 501, body: new Uint8Array() }),
    async answerLink(kind, payload, signal) {
      if (kind !== FrameKind.rpc) return { status: 501, body: new Uint8Array() }
      if (payload.length > 0) return { status: 200, body: payload }
      seen.most = Math.max(seen.most, ++seen.running)
      signal.addEventListener('abort', () => seen.release.resolve())
      await seen.release.promise
      seen.running--
      return { status: 200, body: payload }
    },
  }
  const clock = systemClock()
  const gate = new Gate({ limits: { ...DEFAULT_LIMITS, ...limits }, clock })
  const http = await startHttpServer({ surfaces, gate, clock, host: '127.0.0.1', port: 0, pingKey: '', logger })
  const links = startLinkServer([http], { surfaces, gate, clock, logger, ...change })
  return {
    logger,
    seen,
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
