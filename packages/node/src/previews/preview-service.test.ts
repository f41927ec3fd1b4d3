import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { test } from 'node:test'
import {
  buildOnionRequest,
  decodePageReply,
  encodePageRequest,
  encodeServerRequest,
  fromUtf8,
  type NodeId,
  type OnionRequest,
  parseOnionBody,
  peelOnionLayer,
  seconds,
  toHex,
  utf8,
} from '@starling/protocol'
import { memoryLogger, seededRandom, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import { crypto } from '../testing/fixture.ts'
import { type Page, PageError } from './page-fetcher.ts'
import { startPreviewServer } from './preview-server.ts'
import { PreviewService } from './preview-service.ts'

const URL = 'https://news.example/story'
const page: Page = { url: URL, contentType: 'text/html', body: utf8('<title>News</title>') }
const random = seededRandom('previews')
const { signal } = new AbortController()
const keys = crypto.x25519KeyPair(new Uint8Array(32).fill(5))
const relay = crypto.x25519KeyPair(new Uint8Array(32).fill(6))

function serviceOf(fetch: (url: string, options: { maxBytes: number }) => Promise<Page>) {
  const clock = new VirtualClock()
  return { clock, service: new PreviewService({ crypto, random, clock, keys, fetcher: { fetch } }) }
}

/** What a last hop posts to the service, and what opens the answer. */
function posted(payload: Uint8Array, encType: 'xchacha20' | 'aes-gcm' = 'xchacha20') {
  const onion = buildOnionRequest({
    crypto,
    random,
    path: [{ nodeId: toHex(relay.publicKey) as NodeId, x25519: relay.publicKey }],
    destination: { kind: 'server', host: 'previews.example', target: '/oxen/v4/lsrpc', x25519: keys.publicKey },
    payload,
    encType,
  })
  const parsed = parseOnionBody(onion.body)
  if (parsed.kind !== 'frame') throw new Error(parsed.kind)
  const peeled = peelOnionLayer({ crypto, random, own: relay, frame: parsed.frame, seenBefore: () => false })
  if (peeled.kind !== 'server') throw new Error(peeled.kind)
  return { onion, body: peeled.body }
}

const ask = (url = URL, maxBytes = 1000) => posted(encodePageRequest({ url, maxBytes }))

function read(onion: OnionRequest, reply: Uint8Array) {
  const opened = onion.open(reply)
  if (opened.kind !== 'server') throw new Error(opened.kind)
  return decodePageReply(opened.plaintext)
}

test('a page is fetched as it was asked for, and comes back sealed, in both ciphers', async () => {
  const asked: unknown[] = []
  const { service } = serviceOf(async (url, { maxBytes }) => {
    asked.push({ url, maxBytes })
    return page
  })
  for (const encType of ['xchacha20', 'aes-gcm'] as const) {
    const { onion, body } = posted(encodePageRequest({ url: URL, maxBytes: 1000 }), encType)
    const reply = await service.answer(body, signal)
    expect(reply.status).toBe(200)
    expect(Buffer.from(reply.body).includes('News')).toBe(false)
    expect(read(onion, reply.body)).toEqual({ kind: 'page', ...page })
  }
  expect(asked).toEqual([
    { url: URL, maxBytes: 1000 },
    { url: URL, maxBytes: 1000 },
  ])
})

test('why there is no page is said inside the layer, by a number', async () => {
  let code: PageError['code'] = 'refused'
  const { service } = serviceOf(() => Promise.reject(new PageError(code)))
  const expected = { refused: 403, not_public: 403, unreachable: 502, not_a_page: 415, timeout: 504 }
  for (const [name, status] of Object.entries(expected)) {
    code = name as PageError['code']
    const { onion, body } = ask()
    expect(read(onion, (await service.answer(body, signal)).body)).toEqual({ kind: 'none', status })
  }
})

test('a request that came before is not carried out again', async () => {
  let fetched = 0
  const { service } = serviceOf(async () => {
    fetched++
    return page
  })
  const { body } = ask()
  expect((await service.answer(body, signal)).status).toBe(200)
  expect(await service.answer(body, signal)).toMatchObject({ status: 400, body: utf8('Replayed onion request') })
  expect(fetched).toBe(1)
})

test('what does not open, or asks for anything else than a page, is refused in clear', async () => {
  const { service } = serviceOf(() => Promise.reject(new Error('nothing may be fetched')))
  const { body } = ask()
  const broken = body.slice()
  broken[20]! ^= 1
  const other = encodeServerRequest({ method: 'GET', endpoint: '/files', headers: {} })
  const hostile = [new Uint8Array(0), utf8('garbage'), broken, body.subarray(0, 90), posted(other).body]
  for (const bytes of [...hostile, posted(utf8('l2:{}e')).body, posted(utf8('no list')).body]) {
    const reply = await service.answer(bytes, signal)
    expect(reply.status).toBe(400)
    expect(reply.body.length).toBeLessThan(100)
  }
})

test('four requests to one host go on at once, and others are served meanwhile', async () => {
  const held = Promise.withResolvers<Page>()
  const { service } = serviceOf((url) => (url === URL ? held.promise : Promise.resolve(page)))
  const four = Array.from({ length: 4 }, ask.bind(undefined, URL)).map(({ body }) => service.answer(body, signal))
  const fifth = ask('https://news.example/other')
  expect(read(fifth.onion, (await service.answer(fifth.body, signal)).body)).toEqual({ kind: 'none', status: 503 })
  const other = ask('https://other.example/')
  expect(read(other.onion, (await service.answer(other.body, signal)).body)).toMatchObject({ kind: 'page' })
  held.resolve(page)
  for (const reply of await Promise.all(four)) expect(reply.status).toBe(200)
  const again = ask()
  expect(read(again.onion, (await service.answer(again.body, signal)).body)).toMatchObject({ kind: 'page' })
})

test('beyond 64 at once and beyond its rate it is busy, and later it is not', async () => {
  const held = Promise.withResolvers<Page>()
  const { service, clock } = serviceOf(() => held.promise)
  const many = Array.from({ length: 64 }, (_, i) => service.answer(ask(`https://a${i}.example/`).body, signal))
  expect(await service.answer(ask().body, signal)).toMatchObject({ status: 503 })
  held.resolve(page)
  await Promise.all(many)
  let refused = 0
  for (let i = 0; i < 64; i++) if ((await service.answer(ask().body, signal)).status === 503) refused++
  expect(refused).toBeGreaterThan(20)
  await clock.advance(seconds(1))
  expect((await service.answer(ask().body, signal)).status).toBe(200)
})

test('the server has one route, small bodies, and notes nothing of a request', async () => {
  const log = memoryLogger()
  const { service } = serviceOf(() => Promise.reject(new Error(`a bug at ${URL}`)))
  await using server = await startPreviewServer({ service, host: '127.0.0.1', port: 0, logger: log })
  const send = async (path: string, body: Uint8Array, method = 'POST') => {
    const request = httpRequest({ host: '127.0.0.1', port: server.port, path, method })
    request.end(body)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return { status: response.statusCode, text: fromUtf8(Buffer.concat(await response.toArray())) }
  }
  expect(await send('/oxen/v4/lsrpc', ask().body)).toEqual({ status: 500, text: 'request failed' })
  expect(await send('/oxen/v4/lsrpc', utf8('x'))).toMatchObject({ status: 400 })
  expect(await send('/oxen/v4/lsrpc', new Uint8Array(20_000))).toMatchObject({ status: 413 })
  expect(await send('/oxen/v4/lsrpc', new Uint8Array(0), 'PUT')).toMatchObject({ status: 405 })
  expect(await send('/', new Uint8Array(0))).toMatchObject({ status: 404 })
  expect(log.text()).not.toContain('news.example')
})
