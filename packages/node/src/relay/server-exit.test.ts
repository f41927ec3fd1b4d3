import type { LookupAddress } from 'node:dns'
import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { SecureVersion } from 'node:tls'
import {
  buildOnionRequest,
  concatBytes,
  decodeServerReply,
  deriveLayerCipher,
  encodeBencode,
  encodeServerRequest,
  fromUtf8,
  openWithCipher,
  parseEncType,
  parseOnionBody,
  type ServerTarget,
  sealWithCipher,
  seconds,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { systemClock } from '@starling/runtime'
import { seededRandom, settle, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import { crypto, Fixture } from '../testing/fixture.ts'
import { identityFor } from '../testing/tls-identity.ts'
import { isPublicAddress } from './public-address.ts'
import { createServerExit, type ServerExitOptions } from './server-exit.ts'

const HOST = 'files.example'
const NEVER = new AbortController().signal
const LOOPBACK: LookupAddress = { address: '127.0.0.1', family: 4 }
const identity = await identityFor(HOST)

async function serve(server: Server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const overTls = (
  listener: RequestListener,
  versions: { maxVersion?: SecureVersion; minVersion?: SecureVersion } = {},
) => serve(createHttpsServer({ ...identity, ...versions }, listener))

/** An exit for which every name is this machine, and this machine is allowed. */
function exitWith(options: Partial<ServerExitOptions> = {}) {
  return createServerExit({
    clock: systemClock(),
    isAllowed: (address) => address === '127.0.0.1',
    resolve: async () => [LOOPBACK],
    trusted: identity.cert,
    ...options,
  })
}

const at = (port: number, change: Partial<ServerTarget> = {}): ServerTarget => ({
  host: HOST,
  port,
  protocol: 'https',
  target: '/oxen/v4/lsrpc',
  ...change,
})

const post = (exit: ReturnType<typeof exitWith>, target: ServerTarget, body = utf8('sealed'), signal = NEVER) =>
  exit.post(target, body, signal)

test('body, path and headers arrive as they are meant, and status and body come back as they are', async () => {
  const seen: unknown[] = []
  await using server = await overTls(async (request, response) => {
    const { host, 'content-type': type, connection } = request.headers
    seen.push({
      method: request.method,
      url: request.url,
      host,
      type,
      connection,
      body: (await request.toArray()).join(),
    })
    response.writeHead(418, { 'content-encoding': 'gzip' }).end('as it came')
  })
  const reply = await post(exitWith(), at(server.port))
  expect({ status: reply.status, body: fromUtf8(reply.body) }).toEqual({ status: 418, body: 'as it came' })
  expect(seen).toEqual([
    {
      method: 'POST',
      url: '/oxen/v4/lsrpc',
      host: `${HOST}:${server.port}`,
      type: 'application/octet-stream',
      connection: 'close',
      body: 'sealed',
    },
  ])
})

test('an onion request comes to a server through nodes, and the answer of the server comes back', async () => {
  const keys = crypto.x25519KeyPair(new Uint8Array(32).fill(90))
  await using server = await overTls(async (request, response) => {
    const layer = parseOnionBody(Buffer.concat((await request.toArray()) as Buffer[]))
    if (layer.kind !== 'frame') throw new Error(layer.kind)
    const { data, ephemeralKey, encType } = layer.frame
    const cipher = deriveLayerCipher({
      crypto,
      encType: parseEncType(encType),
      ownSecret: keys.secretKey,
      other: ephemeralKey,
      clientKey: ephemeralKey,
      nodeKey: keys.publicKey,
    })
    const asked = openWithCipher(crypto, cipher, data)
    const reply = encodeBencode([JSON.stringify({ code: 200, headers: {} }), concatBytes(utf8('echo '), asked)])
    response.end(Buffer.concat(sealWithCipher({ crypto, random: seededRandom('server') }, cipher, reply)))
  })
  await using fixture = new Fixture(3)
  fixture.ports = { exit: exitWith() }
  fixture.exits = [{ host: HOST, port: server.port, protocol: 'https' }]
  for (const node of fixture.nodes) await fixture.start(node)
  await fixture.publish(fixture.form(fixture.nodes.map((node) => [node, '0'])))
  const hops = fixture.nodes.map(({ descriptor }) => ({
    nodeId: descriptor.nodeId,
    x25519: descriptor.encryptionKey,
  }))
  const destination = { kind: 'server', host: HOST, port: server.port, target: '/oxen/v4/lsrpc' } as const
  const payload = encodeServerRequest({ method: 'GET', endpoint: '/file/1', headers: {} })
  using onion = buildOnionRequest({
    crypto,
    random: seededRandom('client'),
    path: hops,
    destination: { ...destination, x25519: keys.publicKey },
    payload,
    encType: 'xchacha20',
  })
  const { status, body } = await fixture.nodes[0]!.node.answer({ kind: 'onion', body: onion.body }, NEVER)
  expect(status).toBe(200)
  const opened = onion.open(body)
  if (opened.kind !== 'server') throw new Error(opened.kind)
  const reply = decodeServerReply(opened.plaintext)
  expect(reply.status).toBe(200)
  expect(reply.body).toEqual(concatBytes(utf8('echo '), payload))
})

test('plain HTTP works where the list says so', async () => {
  await using server = await serve(createHttpServer((_request, response) => response.end('plain')))
  const reply = await post(exitWith(), at(server.port, { protocol: 'http' }))
  expect(fromUtf8(reply.body)).toBe('plain')
})

test('nothing but public addresses is connected to, whatever a name stands for', async () => {
  let connections = 0
  await using server = await overTls((_request, response) => response.end('reached'))
  server.server.on('connection', () => connections++)
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.1', '169.254.169.254', '100.64.0.1']) {
    const resolve = async () => [{ address, family: address.includes(':') ? 6 : 4 }]
    const exit = exitWith({ isAllowed: isPublicAddress, resolve })
    await expect(post(exit, at(server.port))).rejects.toMatchObject({ code: 'not_public' })
  }
  // An address instead of a name does not get around it.
  const exit = exitWith({ isAllowed: isPublicAddress, resolve: async () => [{ address: '1.1.1.1', family: 4 }] })
  await expect(post(exit, at(server.port, { host: '127.0.0.1' }))).rejects.toMatchObject({ code: 'not_public' })
  expect(connections).toBe(0)
})

test('of several addresses only allowed ones are used, and a name that changes its mind is not asked again', async () => {
  await using server = await overTls((_request, response) => response.end('reached'))
  let asked = 0
  const forbidden = { address: '127.0.0.2', family: 4 }
  const exit = exitWith({ resolve: async () => (asked++ === 0 ? [forbidden, LOOPBACK] : [forbidden]) })
  for (let i = 0; i < 3; i++) expect(fromUtf8((await post(exit, at(server.port))).body)).toBe('reached')
  expect(asked).toBe(1)
})

test('a name is looked up again after a minute, and checked again', async () => {
  const clock = new VirtualClock({ start: unixMillis(1_700_000_000_000) })
  await using server = await overTls((_request, response) => response.end('reached'))
  const answers = [LOOPBACK, { address: '127.0.0.2', family: 4 }]
  const exit = exitWith({ clock, resolve: async () => [answers.shift()!] })
  expect((await post(exit, at(server.port))).status).toBe(200)
  await clock.advance(seconds(61))
  await expect(post(exit, at(server.port))).rejects.toMatchObject({ code: 'not_public' })
})

test('a certificate that is not trusted, or of another name, is refused', async () => {
  let requests = 0
  await using server = await overTls((_request, response) => response.end(String(++requests)))
  const other = await identityFor('other.example')
  await expect(post(exitWith({ trusted: other.cert }), at(server.port))).rejects.toMatchObject({ code: 'unreachable' })
  const wrongName = at(server.port, { host: 'other.example' })
  await expect(post(exitWith(), wrongName)).rejects.toMatchObject({ code: 'unreachable' })
  expect(requests).toBe(0)
})

test('TLS before 1.2 is refused', async () => {
  // Node.js itself has it switched off; the server side is told otherwise by its security level.
  const server = createHttpsServer(
    { ...identity, minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
    (_request, response) => response.end('old'),
  )
  await using old = await serve(server)
  await expect(post(exitWith(), at(old.port))).rejects.toMatchObject({ code: 'unreachable' })
  await using recent = await overTls((_request, response) => response.end('new'), { maxVersion: 'TLSv1.2' })
  expect((await post(exitWith(), at(recent.port))).status).toBe(200)
})

test('redirects are not followed', async () => {
  let requests = 0
  await using server = await overTls((request, response) => {
    requests++
    response.writeHead(307, { location: `https://${request.headers.host}/elsewhere` }).end('moved')
  })
  const reply = await post(exitWith(), at(server.port))
  expect(reply.status).toBe(307)
  expect(requests).toBe(1)
})

test('an answer of up to 10 MiB comes whole, a larger one not at all, whether it says so or not', async () => {
  let size = 10_485_758
  await using server = await overTls((_request, response) => {
    const half = Buffer.alloc(size / 2, 1)
    response.write(half)
    response.end(half)
  })
  const exit = exitWith()
  expect((await post(exit, at(server.port))).body.length).toBe(size)
  size += 2
  await expect(post(exit, at(server.port))).rejects.toMatchObject({ code: 'too_large' })
})

test('who is not there, hangs up or sends no HTTP is unreachable', async () => {
  await using resetting = await overTls((request) => request.socket.destroy())
  await expect(post(exitWith(), at(resetting.port))).rejects.toMatchObject({ code: 'unreachable' })
  await using half = await overTls((_request, response) => {
    response.writeHead(200, { 'content-length': 100 })
    response.write('half', () => response.destroy())
  })
  await expect(post(exitWith(), at(half.port))).rejects.toMatchObject({ code: 'unreachable' })
  const { port } = half
  await half[Symbol.asyncDispose]()
  await expect(post(exitWith(), at(port))).rejects.toMatchObject({ code: 'unreachable' })
  const resolve = () => Promise.reject(new Error('no such name'))
  await expect(post(exitWith({ resolve }), at(port))).rejects.toMatchObject({ code: 'unreachable' })
})

test('after 25 s without an answer it is over, also while the name is looked up', async () => {
  const clock = new VirtualClock({ start: unixMillis(1_700_000_000_000) })
  const silent = Promise.withResolvers<void>()
  await using server = await overTls(() => silent.resolve())
  const waiting = expect(post(exitWith({ clock }), at(server.port))).rejects.toMatchObject({ code: 'timeout' })
  await silent.promise
  await clock.advance(seconds(25))
  await waiting
  const slow = exitWith({ clock, resolve: () => new Promise(() => {}) })
  const lookingUp = expect(post(slow, at(server.port))).rejects.toMatchObject({ code: 'timeout' })
  await settle()
  await clock.advance(seconds(25))
  await lookingUp
})

test('who asked and is gone takes the connection along', async () => {
  const arrived = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  await using server = await overTls((request) => {
    request.socket.on('close', () => closed.resolve())
    arrived.resolve()
  })
  const gone = new AbortController()
  const asking = post(exitWith(), at(server.port), utf8('x'), gone.signal)
  await arrived.promise
  gone.abort()
  await expect(asking).rejects.toMatchObject({ name: 'AbortError' })
  await closed.promise
})

test('beyond 64 requests to one host it is busy, and other hosts are served', async () => {
  const held = Promise.withResolvers<readonly LookupAddress[]>()
  await using server = await serve(createHttpServer((_request, response) => response.end('well')))
  const resolve = async (host: string) => (host === HOST ? held.promise : [LOOPBACK])
  const exit = exitWith({ resolve })
  const target = at(server.port, { protocol: 'http' })
  const many = Array.from({ length: 64 }, () => post(exit, target))
  await expect(post(exit, target)).rejects.toMatchObject({ code: 'busy' })
  expect((await post(exit, { ...target, host: 'other.example' })).status).toBe(200)
  held.resolve([LOOPBACK])
  for (const reply of await Promise.all(many)) expect(reply.status).toBe(200)
  expect((await post(exit, target)).status).toBe(200)
})
