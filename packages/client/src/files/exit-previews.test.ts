import { test } from 'node:test'
import {
  decodePageRequest,
  encodePageReply,
  encodeServerReply,
  type Millis,
  type PreviewServer,
  utf8,
  type X25519PublicKey,
} from '@starling/protocol'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import { PathError } from '../paths/path-error.ts'
import type { ServerDestination } from '../paths/server-requests.ts'
import { ExitPreviews } from './exit-previews.ts'

const LINK = 'https://news.example/story'
const { signal } = new AbortController()
const serverAt = (host: string, byte: number): PreviewServer => ({
  ...{ host, port: 443, protocol: 'https' },
  key: new Uint8Array(32).fill(byte) as X25519PublicKey,
})
const servers = [serverAt('a.example', 1), serverAt('b.example', 2)]
const page = { kind: 'page', url: LINK, contentType: 'text/html', body: utf8('<title>News</title>') } as const

type Ask = (
  destination: ServerDestination,
  payload: Uint8Array,
  options: { signal: AbortSignal; timeout: Millis },
) => Promise<Uint8Array>

const previewsOf = (ask: Ask, listed: readonly PreviewServer[] = servers) =>
  new ExitPreviews({ servers: listed, random: seededRandom('previews'), ask })

const code = (value: string) => expect.objectContaining({ name: 'PreviewError', code: value })

test('a listed service is asked at random, sealed to its key, for a page of so many bytes', async () => {
  const asked = new Set<string>()
  const previews = previewsOf(async ({ x25519, ...destination }, payload) => {
    asked.add(JSON.stringify([destination, x25519[0]]))
    expect(decodePageRequest(payload)).toEqual({ url: 'https://news.example/story', maxBytes: 1000 })
    return encodePageReply(page)
  })
  for (let i = 0; i < 20; i++) {
    const { kind: _, ...found } = page
    expect(await previews.fetch(`${LINK}#part`, { maxBytes: 1000, signal })).toEqual(found)
  }
  const target = { port: 443, protocol: 'https', target: '/oxen/v4/lsrpc' }
  const entry = (host: string, byte: number) => JSON.stringify([{ kind: 'server', host, ...target }, byte])
  expect([...asked].map((text) => JSON.parse(text))).toEqual(
    expect.arrayContaining([JSON.parse(entry('a.example', 1)), JSON.parse(entry('b.example', 2))]),
  )
})

test('hosts in any script are asked for in the form that servers know', async () => {
  let url = ''
  const previews = previewsOf(async (_destination, payload) => {
    url = decodePageRequest(payload).url
    return encodePageReply(page)
  })
  await previews.fetch('https://münchen.example/straße', { maxBytes: 1000, signal })
  expect(url).toBe('https://xn--mnchen-3ya.example/stra%C3%9Fe')
})

test('whatever goes wrong, the page is unreachable', async () => {
  const answers: (() => Promise<Uint8Array>)[] = [
    async () => encodePageReply({ kind: 'none', status: 403 }),
    async () => encodePageReply({ ...page, body: new Uint8Array(1001) }),
    async () => encodeServerReply({ status: 200, headers: {}, body: utf8('no page') }),
    async () => utf8('garbage'),
    async () => new Uint8Array(0),
    () => Promise.reject(new PathError('timeout')),
    () => Promise.reject(new PathError('destination_unreachable')),
    () => Promise.reject(new PathError('no_path')),
  ]
  for (const answer of answers) {
    await expect(previewsOf(answer).fetch(LINK, { maxBytes: 1000, signal })).rejects.toEqual(code('page_unreachable'))
  }
})

test('who calls it off gets their own reason', async () => {
  const caller = new AbortController()
  const previews = previewsOf(
    (_destination, _payload, options) =>
      new Promise((_resolve, reject) => {
        options.signal.addEventListener('abort', () => reject(options.signal.reason))
      }),
  )
  const asked = previews.fetch(LINK, { maxBytes: 1000, signal: caller.signal })
  caller.abort(new Error('called off'))
  await expect(asked).rejects.toEqual(new Error('called off'))
})
