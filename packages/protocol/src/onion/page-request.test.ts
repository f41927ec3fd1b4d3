import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { utf8 } from '../bytes/utf8.ts'
import { MalformedInputError } from '../errors.ts'
import { decodePageReply, decodePageRequest, encodePageReply, encodePageRequest } from './page-request.ts'
import { encodeServerReply, encodeServerRequest } from './server-payload.ts'

const request = { url: 'https://news.example/story?x=1', maxBytes: 524_288 }
const page = { kind: 'page', url: request.url, contentType: 'text/html', body: utf8('<title>News</title>') } as const

test('requests and pages come back as they were', () => {
  expect(decodePageRequest(encodePageRequest(request))).toEqual(request)
  expect(decodePageReply(encodePageReply(page))).toEqual(page)
  expect(decodePageReply(encodePageReply({ kind: 'none', status: 502 }))).toEqual({ kind: 'none', status: 502 })
})

test('sizes do not tell short links, short pages and pages that are not there from others', () => {
  const other = { ...request, url: `https://news.example/${'x'.repeat(500)}` }
  expect(encodePageRequest(other).length).toBe(encodePageRequest(request).length)
  const reply = (size: number) => encodePageReply({ ...page, body: new Uint8Array(size) }).length
  expect(reply(65_536) - reply(40_000)).toBeLessThan(10)
  expect(reply(65_537) - reply(65_536)).toBeGreaterThan(65_000)
  expect(encodePageReply({ kind: 'none', status: 502 }).length).toBeGreaterThan(65_536)
})

test('a request with anything else than a visible URL and a size within bounds is refused', () => {
  const wrong = [
    { url: 'https://a.example/\n', max: 1 },
    { url: '', max: 1 },
    { url: `https://a.example/${'x'.repeat(8192)}`, max: 1 },
    { url: request.url, max: 0 },
    { url: request.url, max: 1_048_577 },
    { url: request.url, max: '1' },
    { max: 1 },
  ]
  const refused = expect.objectContaining({ code: 'onion_payload' })
  for (const value of wrong) {
    const body = utf8(JSON.stringify(value))
    const payload = encodeServerRequest({ method: 'POST', endpoint: '/page', headers: {}, body })
    expect(() => decodePageRequest(payload)).toThrow(refused)
  }
  const body = utf8(JSON.stringify({ url: request.url, max: 1 }))
  for (const change of [{ method: 'GET' }, { endpoint: '/files' }]) {
    const payload = encodeServerRequest({ method: 'POST', endpoint: '/page', headers: {}, body, ...change })
    expect(() => decodePageRequest(payload)).toThrow(refused)
  }
})

test('a reply whose size or type makes no sense is refused', () => {
  const headers = { 'content-type': 'text/html', 'content-length': '3', 'content-location': request.url }
  const reply = (change: Record<string, string>) =>
    encodeServerReply({ status: 200, headers: { ...headers, ...change }, body: utf8('abc') })
  expect(decodePageReply(reply({}))).toMatchObject({ kind: 'page' })
  for (const change of [
    { 'content-length': '4' },
    { 'content-length': '-1' },
    { 'content-length': '9999999' },
    { 'content-type': '' },
    { 'content-type': 'x'.repeat(201) },
    { 'content-location': 'https://a.example/\u202e' },
  ]) {
    expect(() => decodePageReply(reply(change))).toThrow(expect.objectContaining({ code: 'onion_reply' }))
  }
})

test('any bytes give the typed error or a value within bounds', () => {
  const encoded = [encodePageRequest(request), encodePageReply({ ...page, body: utf8('x') }).subarray(0, 400)]
  const change = fc.tuple(fc.constantFrom(...encoded), fc.nat(399), fc.nat(255)).map(([bytes, at, byte]) => {
    const copy = bytes.slice()
    copy[at] = byte
    return copy
  })
  fc.assert(
    fc.property(fc.oneof(change, fc.uint8Array({ maxLength: 200 })), (bytes) => {
      for (const decode of [decodePageRequest, decodePageReply]) {
        try {
          decode(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedInputError)
        }
      }
    }),
  )
})
