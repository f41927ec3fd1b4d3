/**
 * A real node in a process of its own, attacked from some addresses of the loopback network while a client at another one
 * is served all along: what it stores it finds again. One attack a test; each must really hit a limit.
 */
import { once } from 'node:events'
import { Agent, type IncomingMessage, request as requestHttp } from 'node:http'
import { connect, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { encodeFrame, FrameKind, SecretKey, unixMillis, utf8 } from '@starling/protocol'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import { WebSocket } from 'ws'
import { createPeerIdentity } from './server/certificate.ts'
import { crypto, FixtureAccount } from './testing/fixture.ts'
import { NodeProcess, pause, type TextReply } from './testing/node-process.ts'

/** RSS of a node that has everything it may hold, in MB; idle it has about 150. */
const MAX_MEMORY = 700
const alice = new FixtureAccount(1)
const random = seededRandom('flood')
const mallory = (number: number) => `127.0.${1 + (number >> 8)}.${2 + (number & 0x7f)}`

let node: NodeProcess
let counter = 0
let last = ''

/** Stores and retrieves, one after the other, until `attack` is over. */
async function serveWell<Result>(attack: () => Promise<Result>): Promise<Result> {
  let isOver = false
  const attacking = attack().finally(() => {
    isOver = true
  })
  attacking.catch(() => {}) // reported below
  for (let round = 0; round < 3 || !isOver; round++) {
    const text = `normal ${counter++}`
    expect(await node.ask('store', alice.store(Date.now(), text))).toMatchObject({ status: 200 })
    const news = await node.messages(alice, last)
    expect(news.texts).toEqual([text])
    last = news.last
    await pause(20)
  }
  expect(node.exitCode).toBeNull()
  expect(node.memory()).toBeLessThan(MAX_MEMORY)
  return attacking
}

type Reply = TextReply & { readonly headers: IncomingMessage['headers'] }

/** A request from another address; `undefined` if the connection was refused or cut. */
async function ask(from: string, path: string, body: string | Uint8Array, agent?: Agent): Promise<Reply | undefined> {
  const options = { host: '127.0.0.1', port: node.ports.web, path, method: body.length > 0 ? 'POST' : 'GET' }
  const request = requestHttp({ ...options, localAddress: from, ...(agent && { agent }) })
  try {
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    return { status: response.statusCode!, headers: response.headers, text: Buffer.concat(chunks).toString() }
  } catch {
    return undefined
  }
}

/** So many requests at once on `connections` connections: how often each status came; `cut` for none. */
async function hammer(options: {
  from: string
  path: string
  body: string | Uint8Array
  requests: number
}): Promise<{ counts: Record<string, number>; refused: Reply | undefined }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16, localAddress: options.from })
  const counts: Record<string, number> = {}
  let refused: Reply | undefined
  await Promise.all(
    Array.from({ length: options.requests }, async () => {
      const reply = await ask(options.from, options.path, options.body, agent)
      const name = reply?.status ?? 'cut'
      counts[name] = (counts[name] ?? 0) + 1
      if (reply?.status === 429) refused = reply
    }),
  )
  agent.destroy()
  return { counts, refused }
}

/** A connection that never throws, and reads what comes. */
function open(from: string, port = node.ports.web): Socket {
  const socket = connect({ host: '127.0.0.1', port, localAddress: from })
  socket.on('error', () => {})
  return socket.resume()
}

/** `once` would fail of a reset. */
function closing(socket: Socket | WebSocket): Promise<void> {
  return new Promise((resolve) => socket.on('close', () => resolve()))
}

/** Waits until the node has closed more than `count` of these. */
async function someClose(sockets: readonly (Socket | WebSocket)[], count: number): Promise<void> {
  const isClosed = (socket: Socket | WebSocket) => (socket instanceof WebSocket ? socket.readyState > 1 : socket.closed)
  for (let tries = 0; tries < 200; tries++) {
    if (sockets.filter(isClosed).length > count) return
    await pause(100)
  }
  expect(sockets.filter(isClosed).length).toBeGreaterThan(count)
}

async function link(from: string): Promise<{ socket: WebSocket; isOpen: boolean }> {
  const socket = new WebSocket(`ws://127.0.0.1:${node.ports.web}/link`, { localAddress: from })
  socket.on('error', () => {})
  const opening = new Promise<boolean>((resolve) => socket.on('open', () => resolve(true)))
  const isOpen = await Promise.race([opening, closing(socket).then(() => false)])
  return { socket, isOpen }
}

/** The frame of a WebSocket message of `size` bytes, up to and without the masked payload. */
function messageHeader(size: number): Buffer {
  const header = Buffer.alloc(14)
  header[0] = 0x82
  header[1] = 0xff
  header.writeBigUInt64BE(BigInt(size), 2)
  return header
}

// In a suite, so that the hooks are of these tests alone.
describe('a node under attack goes on serving others', () => {
  before(async () => {
    node = await NodeProcess.start({})
  })
  after(() => node[Symbol.asyncDispose]())

  test('when one address asks too fast: storage, onion and directory requests each have a rate', async () => {
    const attacks = [
      ['/storage_rpc/v1', '{"method":"info","params":{}}'],
      ['/onion_req/v2', random(200)],
      ['/directory/latest', ''],
      ['/directory/announce', random(50)],
      ['/nowhere', ''],
    ] as const
    for (const [index, [path, body]] of attacks.entries()) {
      const { counts, refused } = await serveWell(() => hammer({ from: mallory(index), path, body, requests: 1_500 }))
      expect({ path, tooFast: (counts['429'] ?? 0) > 100 }).toEqual({ path, tooFast: true })
      expect(refused).toMatchObject({ status: 429, text: 'Too Many Requests\n', headers: { 'retry-after': '1' } })
    }
    const other = await ask(mallory(1), '/storage_rpc/v1', '{"method":"info","params":{}}')
    expect(other?.status).toBe(200)
  })

  test('when one address opens connections without end, and does nothing with them', async () => {
    const sockets = await serveWell(async () => {
      const opened = Array.from({ length: 3_000 }, (_, index) =>
        open(mallory(10), index % 2 ? node.ports.https : node.ports.web),
      )
      await pause(500)
      return opened
    })
    await someClose(sockets, 2_000)
    for (const socket of sockets) socket.resetAndDestroy()
  })

  test('when handshakes, headers and bodies are begun from many addresses and never finished', async () => {
    const starts = [
      { port: node.ports.https, bytes: Buffer.from([22, 3, 1]) },
      { port: node.ports.peer, bytes: Buffer.from([22, 3, 1]) },
      { port: node.ports.web, bytes: Buffer.from('POST /storage_rpc/v1 HTTP/1.1\r\nContent-Le') },
      {
        port: node.ports.web,
        bytes: Buffer.from('POST /onion_req/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1'),
      },
      { port: node.ports.web, bytes: Buffer.alloc(0) },
    ]
    const sockets = await serveWell(async () => {
      const opened = Array.from({ length: 2_000 }, (_, index) => {
        const { port, bytes } = starts[index % starts.length]!
        const socket = open(mallory(20 + (index % 40)), port)
        if (bytes.length > 0) socket.write(bytes)
        return socket
      })
      // All but the bodies, which may take 30 s.
      await someClose(opened, 1_500)
      return opened
    })
    for (const socket of sockets) socket.resetAndDestroy()
  })

  test('when headers are huge, or thousands of requests come in one piece', async () => {
    await serveWell(async () => {
      for (let round = 0; round < 20; round++) {
        const socket = open(mallory(70))
        socket.write(`GET /health HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(1_000_000)}\r\n\r\n`)
        await closing(socket)
      }
      const piped = open(mallory(71))
      const body = '{"method":"info","params":{}}'
      const request = `POST /storage_rpc/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`
      piped.write(request.repeat(3_000))
      await closing(piped)
    })
  })

  test('when bodies of 10 MiB come from everywhere and stop before their end', async () => {
    const sockets = await serveWell(async () => {
      const opened: Socket[] = []
      for (let index = 0; index < 80; index++) {
        const socket = open(mallory(80 + (index % 4)))
        socket.write('POST /onion_req/v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n')
        socket.write(Buffer.alloc(10_000_000))
        opened.push(socket)
        await pause(20)
      }
      return opened
    })
    expect(node.memory()).toBeLessThan(MAX_MEMORY)
    for (const socket of sockets) socket.resetAndDestroy()
  })

  test('when links are opened without end, and are silent or stop in the middle of a frame', async () => {
    const opened = await serveWell(async () => {
      const links: { socket: WebSocket; isOpen: boolean }[] = []
      for (let round = 0; round < 12; round++) {
        links.push(...(await Promise.all(Array.from({ length: 100 }, () => link(mallory(100 + (round % 2)))))))
      }
      return links
    })
    expect(opened.filter(({ isOpen }) => isOpen).length).toBeGreaterThan(100)
    for (const { socket } of opened) socket.terminate()
    const halves = await serveWell(async () => {
      const links = await Promise.all(Array.from({ length: 60 }, (_, index) => link(mallory(104 + (index % 3)))))
      for (const { socket } of links) {
        const raw = (socket as unknown as { _socket: Socket })._socket
        raw.write(messageHeader(10_000_000))
        raw.write(Buffer.alloc(9_000_000))
        await pause(20)
      }
      return links.map(({ socket }) => socket)
    })
    await someClose(halves, 20)
    for (const socket of halves) socket.terminate()
  })

  test('when a link asks, pings and cancels without end', async () => {
    const { rpc, onion, ping, cancel } = FrameKind
    let refused = 0
    // A link can be closed before any of its answers came through: on three of them some do.
    for (const [index, kind] of [rpc, rpc, rpc, onion, ping, cancel].entries()) {
      const { socket } = await link(mallory(110 + index))
      const statuses = new Map<number, number>()
      socket.on('message', (data: Buffer) => {
        const status = data.readUInt16BE(9)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      })
      await serveWell(async () => {
        const closed = closing(socket)
        for (let requestId = 0; requestId < 20_000 && socket.readyState === WebSocket.OPEN; requestId++) {
          socket.send(encodeFrame({ requestId, kind, payload: new Uint8Array() }))
          if (requestId % 100 === 0) await pause(1)
        }
        await closed
      })
      if (kind === rpc) refused += statuses.get(429) ?? 0
    }
    expect(refused).toBeGreaterThan(10)
  })

  test('when answers are asked for and not read', async () => {
    const bob = new FixtureAccount(2)
    for (let index = 0; index < 90; index++) {
      const data = Buffer.from(random(56_000)).toString('base64')
      expect(await node.ask('store', bob.store(Date.now(), '', { data }))).toMatchObject({ status: 200 })
    }
    const body = JSON.stringify({ method: 'retrieve', params: { ...bob.retrieve(Date.now()), max_size: -1 } })
    const frame = (requestId: number) => encodeFrame({ requestId, kind: FrameKind.rpc, payload: utf8(body) })
    await serveWell(async () => {
      const sockets = Array.from({ length: 100 }, (_, index) => {
        const socket = open(mallory(120 + (index % 3)))
        socket.pause()
        const head = `POST /storage_rpc/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`
        socket.write(head + body + head + body)
        return socket
      })
      const links = await Promise.all(Array.from({ length: 40 }, (_, index) => link(mallory(123 + (index % 3)))))
      for (const { socket } of links) {
        socket.pause()
        for (let requestId = 0; requestId < 30; requestId++) socket.send(frame(requestId))
      }
      await pause(3_000)
      expect(node.memory()).toBeLessThan(MAX_MEMORY)
      for (const socket of sockets) socket.resetAndDestroy()
      for (const { socket } of links) socket.terminate()
    })
  })

  test('when keys that nobody knows want links to the peer port without end', async () => {
    const identity = await createPeerIdentity(
      new SecretKey(crypto.ed25519KeyPair(random(32)).secretKey),
      unixMillis(Date.now()),
    )
    const stranger = (from: string) => {
      const raw = open(from, node.ports.peer)
      const socket = connectTls({ ...identity, socket: raw, rejectUnauthorized: false })
      socket.on('error', () => {})
      return socket
    }
    const sockets = await serveWell(async () => {
      const opened: ReturnType<typeof stranger>[] = []
      for (let round = 0; round < 20; round++) {
        for (let index = 0; index < 20; index++) opened.push(stranger(mallory(140 + (index % 5))))
        await pause(50)
      }
      return opened
    })
    await someClose(sockets, 390)
    const probe = stranger(mallory(150))
    probe.write(encodeFrame({ requestId: 1, kind: FrameKind.probe, payload: new Uint8Array() }))
    const [answer] = (await once(probe, 'data')) as [Buffer]
    expect(answer.readUInt16BE(9)).toBe(200)
    probe.write(encodeFrame({ requestId: 2, kind: FrameKind.directory, payload: new Uint8Array() }))
    const [refused] = (await once(probe, 'data')) as [Buffer]
    expect(refused.readUInt16BE(9)).toBe(403)
    for (const socket of [...sockets, probe]) socket.destroy()
  })
})
