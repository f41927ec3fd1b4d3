import { once } from 'node:events'
import { type Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { millis, seconds, unixMillis, utf8 } from '@starling/protocol'
import { systemClock } from '@starling/runtime'
import { type MemoryLogger, memoryLogger, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import type { NodeSurfaces, PublicRequest } from '../ports.ts'
import { buildTestApp } from '../testing/built-app.ts'
import { AppFiles } from './app-files.ts'
import { appHeaders } from './app-headers.ts'
import { certificateHash, createHttpsIdentity } from './certificate.ts'
import { Gate } from './gate.ts'
import { type HttpServerOptions, MAX_BODY_BYTES, startHttpServer } from './http-server.ts'
import { DEFAULT_LIMITS, type ServerLimits } from './limits.ts'

type Fake = NodeSurfaces & { readonly requests: PublicRequest[]; readonly aborted: Promise<void> }

/** Echoes kinds; `large` is answered with 8 MB; `held` is answered when its asker is gone; `broken` throws. */
function fakeNode(): Fake {
  const requests: PublicRequest[] = []
  const aborted = Promise.withResolvers<void>()
  return {
    requests,
    aborted: aborted.promise,
    async answer(request, signal) {
      requests.push(request)
      const text = 'body' in request ? Buffer.from(request.body).toString().slice(0, 100) : ''
      if (text === 'broken') throw new Error('secret detail')
      if (text === 'held') {
        signal.addEventListener('abort', () => aborted.resolve())
        await aborted.promise
      }
      if (text === 'large') return { status: 200, contentType: 'text/plain', body: new Uint8Array(8_000_000) }
      return { status: 200, contentType: 'application/json', body: utf8(JSON.stringify(request.kind)) }
    },
    answerLink: async () => ({ status: 501, body: new Uint8Array() }),
    answerPeer: async () => ({ status: 501, body: new Uint8Array() }),
  }
}

async function serve(change: Partial<HttpServerOptions> = {}, limits: Partial<ServerLimits> = {}) {
  const node = fakeNode()
  const logger: MemoryLogger = memoryLogger()
  const gate = new Gate({ limits: { ...DEFAULT_LIMITS, ...limits }, clock: systemClock() })
  const base = { surfaces: node, gate, clock: systemClock(), host: '127.0.0.1', port: 0, pingKey: 'PINGKEY=', logger }
  const options = { ...base, ...change }
  const server = await startHttpServer(options)
  return {
    node,
    logger,
    gate,
    port: server.port,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

type Answer = { status: number; headers: IncomingMessage['headers']; text: string }

async function ask(
  port: number,
  path: string,
  options: RequestOptions & { body?: string | Uint8Array } = {},
): Promise<Answer> {
  const { body, ...rest } = options
  const agent = false as unknown as Agent
  const request = httpRequest({ host: '127.0.0.1', port, path, agent, ...rest })
  request.end(body)
  return read(request)
}

async function read(request: ReturnType<typeof httpRequest>): Promise<Answer> {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode!, headers: response.headers, text: Buffer.concat(chunks).toString() }
}

const post = (port: number, path: string, body: string | Uint8Array, headers = {}) =>
  ask(port, path, { method: 'POST', body, headers })

/** Everything until the other side closes. */
async function until(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  await closing(socket)
  return text
}

/** `once` would fail of a reset. */
function closing(socket: Socket): Promise<void> {
  socket.on('error', () => {})
  return new Promise((resolve) => socket.on('close', () => resolve()))
}

test('every route reaches the node, and what is none is named as the protocol names it', async () => {
  await using server = await serve()
  const { port, node } = server
  for (const path of ['/storage_rpc/v1', '/onion_req/v2', '/json_rpc', '/directory/announce']) {
    expect(await post(port, path, '{}')).toMatchObject({ status: 200 })
  }
  for (const path of ['/directory/latest', '/directory/17', '/network', '/health?x=1']) {
    expect(await ask(port, path)).toMatchObject({ status: 200 })
  }
  expect(node.requests.map(({ kind }) => kind)).toEqual([
    'rpc',
    'onion',
    'seed',
    'announce',
    'directory',
    'directory',
    'network',
    'health',
  ])
  expect(await post(port, '/ping_test/v1', 'x')).toMatchObject({
    status: 200,
    text: '',
    headers: { 'x-oxen-snode-pubkey': 'PINGKEY=' },
  })
  expect(await ask(port, '/get_stats/v1')).toMatchObject({ status: 200, text: '{"version":"2.8.0"}' })
  for (const [method, path] of [
    ['GET', '/storage_rpc/v1'],
    ['POST', '/health'],
    ['GET', '/'],
    ['DELETE', '/directory/latest'],
    ['GET', '/directory/latest/'],
    ['GET', '/directory/-1'],
    ['GET', '/__proto__'],
  ] as const) {
    expect(await ask(port, path, { method })).toMatchObject({
      status: 404,
      text: `${method.toLowerCase()} ${path} Not Found`,
    })
  }
  expect(await post(port, '/storage_rpc/v1', '{}', { 'x-loki-long-poll': '1' })).toMatchObject({
    status: 410,
    text: 'long polling is no longer supported, client upgrade required',
  })
})

test('answers are exactly application/json, and open to any web page', async () => {
  await using server = await serve()
  const { headers } = await post(server.port, '/json_rpc', '{}', { 'Content-Type': 'text/plain' })
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'access-control-allow-origin': '*' })
  const preflight = await ask(server.port, '/storage_rpc/v1', {
    method: 'OPTIONS',
    headers: { Origin: 'https://app.example', 'Access-Control-Request-Method': 'POST' },
  })
  expect(preflight).toMatchObject({
    status: 204,
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST, OPTIONS',
      'access-control-allow-headers': 'Content-Type',
    },
  })
})

test('a body over the limit is refused with 413, with and without a declared length, and read nowhere', async () => {
  await using server = await serve()
  const body = Buffer.alloc(MAX_BODY_BYTES + 1, 97)
  const refused = { status: 413, text: 'Request body too large' }
  expect(await post(server.port, '/onion_req/v2', body)).toMatchObject(refused)
  expect(await post(server.port, '/onion_req/v2', body, { 'Transfer-Encoding': 'chunked' })).toMatchObject(refused)
  expect(server.node.requests).toEqual([])
  expect(await post(server.port, '/onion_req/v2', body.subarray(1))).toMatchObject({ status: 200 })
})

test('a sender that never stops is cut off', async () => {
  await using server = await serve()
  const socket = connect(server.port, '127.0.0.1')
  socket.write('POST /onion_req/v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
  const chunk = Buffer.alloc(1_048_576)
  let sent = 0
  const closed = closing(socket)
  const pump = () => {
    while (!socket.destroyed && sent < 200) {
      sent++
      socket.write(`${chunk.length.toString(16)}\r\n`)
      socket.write(chunk)
      if (!socket.write('\r\n')) break
    }
  }
  socket.on('drain', pump)
  pump()
  await closed
  expect(sent).toBeLessThan(60)
  expect(await ask(server.port, '/health')).toMatchObject({ status: 200 })
})

test('slow headers and slow bodies are closed', async () => {
  await using server = await serve({ timeouts: { headers: millis(200), request: millis(400), answer: seconds(60) } })
  for (const start of ['GET /health HTT', 'POST /json_rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1']) {
    const socket = connect(server.port, '127.0.0.1')
    socket.write(start)
    expect(await until(socket)).toContain('408 Request Timeout')
  }
  expect(await ask(server.port, '/health')).toMatchObject({ status: 200 })
})

test('huge headers, wrong lengths and what is no HTTP get their status and are closed', async () => {
  await using server = await serve()
  const cases: [string, string][] = [
    [`GET /health HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`, '431'],
    [`GET /${'a'.repeat(70_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, '431'],
    ['POST /json_rpc HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', '400'],
    ['POST /json_rpc HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', '400'],
    ['\u0016\u0003\u0001garbage\r\n\r\n', '400'],
  ]
  for (const [bytes, status] of cases) {
    const socket = connect(server.port, '127.0.0.1')
    socket.write(bytes, 'latin1')
    expect(await until(socket)).toContain(`HTTP/1.1 ${status}`)
  }
})

test('an upload that is broken off is nobody’s fault', async () => {
  await using server = await serve()
  for (const headers of [
    'Content-Length: 1000',
    'Transfer-Encoding: chunked',
    `Content-Length: ${MAX_BODY_BYTES + 1}`,
  ]) {
    const socket = connect(server.port, '127.0.0.1')
    socket.write(`POST /storage_rpc/v1 HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n5\r\nhello\r\n`)
    await new Promise((resolve) => setTimeout(resolve, 20))
    socket.resetAndDestroy()
  }
  expect(await ask(server.port, '/health')).toMatchObject({ status: 200 })
  expect(server.node.requests).toHaveLength(1)
  expect(server.logger.lines).toEqual([])
})

test('a client that goes away aborts what it asked for', async () => {
  await using server = await serve()
  const socket = connect(server.port, '127.0.0.1')
  socket.write('POST /storage_rpc/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nheld')
  await new Promise((resolve) => setTimeout(resolve, 20))
  socket.resetAndDestroy()
  await server.node.aborted
  expect(server.logger.lines).toEqual([])
})

test('a failure inside is a 500 that tells nothing', async () => {
  await using server = await serve()
  const answer = await post(server.port, '/storage_rpc/v1', 'broken')
  expect(answer).toMatchObject({ status: 500, text: 'request failed' })
  expect(server.logger.text()).toContain('http.request_failed')
  expect(server.logger.text()).not.toContain('secret')
})

test('HTTPS shows the certificate that the descriptor names, and closes with half-open connections on it', async () => {
  const tls = await createHttpsIdentity(unixMillis(Date.now()))
  const server = await serve({ tls })
  const silent = connect(server.port, '127.0.0.1')
  const options = {
    host: '127.0.0.1',
    port: server.port,
    path: '/health',
    rejectUnauthorized: false,
    agent: false as const,
  }
  const request = httpsRequest(options)
  request.end()
  let fingerprint = ''
  request.on('socket', (socket) =>
    socket.on('secureConnect', () => {
      fingerprint = (socket as unknown as { getPeerCertificate(): { fingerprint256: string } }).getPeerCertificate()
        .fingerprint256
    }),
  )
  expect(await read(request)).toMatchObject({ status: 200 })
  expect(fingerprint.replaceAll(':', '').toLowerCase()).toBe(Buffer.from(certificateHash(tls)).toString('hex'))
  const gone = closing(silent)
  await server[Symbol.asyncDispose]()
  await gone
})

const info = (port: number, headers = {}) => post(port, '/storage_rpc/v1', '{}', headers)

test('who asks too fast is told so, and when to come again; other kinds of requests have their own rate', async () => {
  await using server = await serve({}, { rpcPerSecond: 1, directoryPerSecond: 1 })
  const { port } = server
  for (let round = 0; round < 2; round++) expect(await info(port)).toMatchObject({ status: 200 })
  expect(await info(port)).toMatchObject({
    status: 429,
    text: 'Too Many Requests\n',
    headers: { 'retry-after': '1', 'access-control-expose-headers': 'Retry-After', 'access-control-allow-origin': '*' },
  })
  expect(await post(port, '/onion_req/v2', 'x')).toMatchObject({ status: 200 })
  for (const path of ['/health', '/network', '/directory/latest', '/get_stats/v1', '/nowhere']) {
    expect((await ask(port, path)).status).not.toBe(429)
  }
  expect(await post(port, '/directory/announce', 'x')).toMatchObject({ status: 429 })
})

test('behind a proxy that is trusted each client has its own rate; without trust the header is nothing', async () => {
  await using trusting = await serve({ trustForwardedFor: true }, { rpcPerSecond: 1 })
  await using other = await serve({}, { rpcPerSecond: 1 })
  for (let client = 0; client < 5; client++) {
    const headers = { 'X-Forwarded-For': `10.0.0.1, 192.0.2.${client}` }
    for (const status of [200, 200, 429]) expect(await info(trusting.port, headers)).toMatchObject({ status })
  }
  const statuses: number[] = []
  for (let client = 0; client < 5; client++) {
    statuses.push((await info(other.port, { 'X-Forwarded-For': `192.0.2.${client}` })).status)
  }
  expect(statuses).toEqual([200, 200, 429, 429, 429])
})

test('a connection that goes on asking too fast is closed', async () => {
  await using server = await serve({}, { directoryPerSecond: 1 })
  const socket = connect(server.port, '127.0.0.1')
  socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(500))
  await closing(socket)
  expect(server.node.requests).toHaveLength(5)
  expect(server.gate.refusals.rate).toBe(65)
})

test('more than sixteen requests under way on one connection close it, and abort what it asked for', async () => {
  await using server = await serve()
  const socket = connect(server.port, '127.0.0.1')
  socket.write('POST /storage_rpc/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nheld'.repeat(17))
  await closing(socket)
  await server.node.aborted
  expect(server.node.requests.length).toBeLessThanOrEqual(16)
  expect(await info(server.port)).toMatchObject({ status: 200 })
  expect(server.logger.lines).toEqual([])
})

test('a body for which there is no room is not read to its end, and what was held is free again', async () => {
  await using server = await serve({}, { bytes: 1_000_000 })
  const body = Buffer.alloc(400_000)
  for (const headers of [{}, { 'Transfer-Encoding': 'chunked' }]) {
    expect(await post(server.port, '/onion_req/v2', body, headers)).toMatchObject({
      status: 503,
      text: 'Server busy, try again later',
      headers: { 'retry-after': '1' },
    })
  }
  expect(server.node.requests).toEqual([])
  for (let round = 0; round < 20; round++) {
    expect(await post(server.port, '/onion_req/v2', body.subarray(0, 180_000))).toMatchObject({ status: 200 })
  }
})

test('a body in pieces of one byte costs what its pieces cost', async () => {
  await using server = await serve({}, { bytes: 1_000_000 })
  const socket = connect(server.port, '127.0.0.1')
  socket.write('POST /onion_req/v2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
  socket.write('1\r\na\r\n'.repeat(3_000))
  const [data] = (await once(socket, 'data')) as [Buffer]
  expect(data.toString()).toContain('503 Service Unavailable')
  socket.destroy()
})

test('connections over the share of one address are closed at once, and given back when they end', async () => {
  await using server = await serve({}, { connections: 40 })
  const sockets = Array.from({ length: 12 }, () => connect(server.port, '127.0.0.1'))
  await Promise.all(sockets.slice(8).map(closing))
  for (const socket of sockets.slice(0, 8)) socket.destroy()
  let answer: Answer | undefined
  while (!answer) answer = await ask(server.port, '/health').catch(() => undefined)
  expect(answer.status).toBe(200)
})

test('an answer that nobody reads is held against who asked, and cut off in the end', async () => {
  const clock = new VirtualClock()
  await using server = await serve({ clock }, { bytes: 100_000_000 })
  const socket = connect(server.port, '127.0.0.1').pause()
  const request = 'POST /storage_rpc/v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nlarge'
  socket.write(request.repeat(3))
  await new Promise((resolve) => setTimeout(resolve, 100))
  // Two answers of 8 MB are as much as it may have: the third is refused.
  expect(server.node.requests).toHaveLength(3)
  expect(server.gate.refusals.bytes).toBe(1)
  const closed = closing(socket)
  await clock.advance(seconds(61))
  expect(socket.closed).toBe(false)
  await clock.advance(seconds(600))
  socket.resume()
  await closed
  expect(socket.bytesRead).toBeLessThan(16_000_000)
})

test('gives the app out below /app, with its own headers and the network file, if it has one', async () => {
  using built = buildTestApp()
  const app = { files: new AppFiles(built.folder), headers: appHeaders('tls') }
  await using server = await serve({ app })
  const page = await ask(server.port, '/app/?x=1')
  expect([page.status, page.text]).toEqual([200, '<!doctype html>app'])
  expect(page.headers['content-security-policy']).toContain("connect-src 'self' https: wss:;")
  expect(page.headers['x-content-type-options']).toBe('nosniff')
  expect(page.headers).not.toHaveProperty('access-control-allow-origin')
  expect(await ask(server.port, '/app')).toMatchObject({ status: 308, headers: { location: 'app/' } })
  expect(await ask(server.port, '/app/', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' })
  expect((await ask(server.port, '/app/network.json')).text).toBe('"network"')
  for (const path of ['/app/missing.js', '/app/../storage_rpc/v1', '/app/%2e%2e/x', '/app//etc/passwd']) {
    expect((await ask(server.port, path)).status).toBe(404)
  }
  expect((await post(server.port, '/app/share', 'text=x')).status).toBe(404)
  expect((await ask(server.port, '/network')).headers).toMatchObject({
    'access-control-allow-origin': '*',
    'x-content-type-options': 'nosniff',
  })
})

test('a node without an app knows no /app', async () => {
  await using server = await serve()
  for (const path of ['/app', '/app/', '/app/network.json']) expect((await ask(server.port, path)).status).toBe(404)
})
