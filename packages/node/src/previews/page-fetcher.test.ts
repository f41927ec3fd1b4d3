/** Over real sockets on loopback, which only these tests allow: every name is this machine. */
import type { LookupAddress } from 'node:dns'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { fromUtf8, seconds } from '@starling/protocol'
import { systemClock } from '@starling/runtime'
import { VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import { isPublicAddress } from '../relay/public-address.ts'
import { identityFor } from '../testing/tls-identity.ts'
import { PageFetcher, type PageFetcherOptions } from './page-fetcher.ts'

const LINK = 'https://news.example/story?x=1'
const LOOPBACK: LookupAddress = { address: '127.0.0.1', family: 4 }
const { signal } = new AbortController()
const identity = await identityFor('news.example', 'www.news.example')

/** A web site, and a fetcher for which every name is that site's machine. */
async function siteOf(listener: RequestListener, options: Partial<PageFetcherOptions> = {}) {
  const server = createServer(identity, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let connections = 0
  server.on('connection', () => connections++)
  const fetcher = new PageFetcher({
    clock: systemClock(),
    isAllowed: (address) => address === '127.0.0.1',
    resolve: async () => [LOOPBACK],
    trusted: identity.cert,
    port,
    ...options,
  })
  return {
    get connections() {
      return connections
    },
    fetch: (url = LINK, maxBytes = 1000) => fetcher.fetch(url, { maxBytes, signal }),
    fetcher,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const html =
  (text: string): RequestListener =>
  (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(text)

const code = (value: string) => expect.objectContaining({ name: 'PageError', code: value })

test('a page comes with its type, and the site sees nothing that tells askers apart', async () => {
  let seen: IncomingMessage | undefined
  await using site = await siteOf((request, response) => {
    seen = request
    response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': 'id=1' }).end('<title>News</title>')
  })
  const { body, ...page } = await site.fetch(`${LINK}#part`)
  expect(page).toEqual({ url: LINK, contentType: 'text/html' })
  expect(fromUtf8(body)).toBe('<title>News</title>')
  await site.fetch()
  expect(seen!.url).toBe('/story?x=1')
  expect(new Set(Object.keys(seen!.headers))).toEqual(
    new Set(['accept', 'accept-encoding', 'accept-language', 'connection', 'host', 'user-agent']),
  )
  expect(seen!.headers.host).toBe('news.example')
})

test('nothing but https URLs of hosts by name, at the usual port, are asked for', async () => {
  await using site = await siteOf(html('reached'))
  const wrong = [
    ...['http://news.example/', 'ftp://news.example/', 'file:///etc/passwd', 'news.example', '', 'data:text/html,x'],
    ...['https://127.0.0.1/', 'https://2130706433/', 'https://0x7f.1/', 'https://[::1]/', 'https://localhost/'],
    ...['https://news.example:8443/', 'https://me@news.example/', 'https://:x@news.example/', 'https://news.example./'],
    ...['https://1.1.1.1/', `https://news.example/${'x'.repeat(8192)}`],
  ]
  for (const url of wrong) await expect(site.fetch(url)).rejects.toEqual(code('refused'))
  expect(site.connections).toBe(0)
})

test('no address is connected to but public ones, whatever a name stands for', async () => {
  let address = ''
  const resolve = async () => [{ address, family: address.includes(':') ? 6 : 4 }]
  await using site = await siteOf(html('reached'), { isAllowed: isPublicAddress, resolve })
  for (address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '10.0.0.1', '192.168.1.1', '169.254.169.254', 'fd00::1']) {
    await expect(site.fetch()).rejects.toEqual(code('not_public'))
  }
  expect(site.connections).toBe(0)
})

test('what was checked is what is connected to, though the name changes its mind', async () => {
  const asked: string[] = []
  const resolve = async (host: string) => {
    asked.push(host)
    return asked.length === 1 ? [{ address: '127.0.0.2', family: 4 }, LOOPBACK] : [{ address: '127.0.0.2', family: 4 }]
  }
  await using site = await siteOf(html('reached'), { resolve })
  expect(fromUtf8((await site.fetch()).body)).toBe('reached')
  expect(asked).toEqual(['news.example'])
  await expect(site.fetch()).rejects.toEqual(code('not_public'))
})

test('up to three redirects are followed, each checked like the first URL', async () => {
  let left = 3
  let to = '/next'
  await using site = await siteOf((request, response) => {
    if (left-- > 0) response.writeHead(302, { location: to, 'content-type': 'text/html' }).end('moved')
    else html(`at ${request.headers.host}${request.url}`)(request, response)
  })
  expect(fromUtf8((await site.fetch()).body)).toBe('at news.example/next')
  left = 1
  to = 'https://www.news.example/story'
  expect(await site.fetch()).toMatchObject({ url: 'https://www.news.example/story' })
  left = 4
  await expect(site.fetch()).rejects.toEqual(code('unreachable'))
  for (to of [
    'http://news.example/',
    'https://127.0.0.1/',
    'https://news.example:22/',
    'https://[::1]/',
    '',
    'https://',
  ]) {
    left = 1
    await expect(site.fetch()).rejects.toEqual(code('refused'))
  }
})

test('a redirect to a name of a private address leads nowhere', async () => {
  const resolve = async (host: string) => [host === 'news.example' ? LOOPBACK : { address: '10.0.0.1', family: 4 }]
  const inside: RequestListener = (_request, response) =>
    response.writeHead(301, { location: 'https://www.news.example/' }).end()
  await using site = await siteOf(inside, { resolve })
  await expect(site.fetch()).rejects.toEqual(code('not_public'))
})

test('what is too long is cut off, and not read to its end', async () => {
  const stopped = Promise.withResolvers<void>()
  await using site = await siteOf((_request, response) => {
    response.writeHead(200, { 'content-type': 'image/png' })
    const write = () => {
      while (response.write(Buffer.alloc(65_536, 1)));
    }
    response.on('drain', write)
    response.on('close', () => stopped.resolve())
    write()
  })
  const { body, contentType } = await site.fetch(LINK, 100_000)
  expect(body.length).toBe(100_000)
  expect(contentType).toBe('image/png')
  await stopped.promise
})

test('what is neither HTML nor a picture, or compressed, is no page', async () => {
  let headers: Record<string, string> = {}
  await using site = await siteOf((_request, response) => response.writeHead(200, headers).end('x'))
  const wrong = [
    {},
    { 'content-type': 'application/zip' },
    { 'content-type': 'image/svg+xml' },
    { 'content-type': 'text/html', 'content-encoding': 'gzip' },
    { 'content-type': `text/html; charset=${'x'.repeat(200)}` },
    { 'content-type': 'text/html; charset=\u00fc' },
  ]
  for (headers of wrong) await expect(site.fetch()).rejects.toEqual(code('not_a_page'))
})

test('other statuses, certificates that are not trusted, closed doors and garbage are unreachable', async () => {
  await using missing = await siteOf((_request, response) =>
    response.writeHead(404, { 'content-type': 'text/html' }).end('no'),
  )
  await expect(missing.fetch()).rejects.toEqual(code('unreachable'))
  await using resetting = await siteOf((request) => request.socket.destroy())
  await expect(resetting.fetch()).rejects.toEqual(code('unreachable'))
  await using garbage = await siteOf((request) => request.socket.end('garbage\r\n\r\n'))
  await expect(garbage.fetch()).rejects.toEqual(code('unreachable'))
  await using half = await siteOf((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-length': 100 })
    response.write('half', () => response.destroy())
  })
  await expect(half.fetch()).rejects.toEqual(code('unreachable'))
  await using foreign = await siteOf(html('reached'), { trusted: (await identityFor('news.example')).cert })
  await expect(foreign.fetch()).rejects.toEqual(code('unreachable'))
  await using named = await siteOf(html('reached'))
  await expect(named.fetch('https://other.example/')).rejects.toEqual(code('unreachable'))
  await using lost = await siteOf(html('reached'), { resolve: () => Promise.reject(new Error('no such name')) })
  await expect(lost.fetch()).rejects.toEqual(code('unreachable'))
})

test('after 15 s it is over, however little by little a page comes', async () => {
  const clock = new VirtualClock()
  const arrived = Promise.withResolvers<void>()
  await using site = await siteOf(
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.write('<', () => arrived.resolve())
    },
    { clock },
  )
  const late = expect(site.fetch()).rejects.toEqual(code('timeout'))
  await arrived.promise
  await clock.advance(seconds(15))
  await late
})

test('who asked and is gone takes the connection along', async () => {
  const arrived = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  await using site = await siteOf((request) => {
    request.socket.on('close', () => closed.resolve())
    arrived.resolve()
  })
  const gone = new AbortController()
  const asking = site.fetcher.fetch(LINK, { maxBytes: 1000, signal: gone.signal })
  await arrived.promise
  gone.abort()
  await expect(asking).rejects.toMatchObject({ name: 'AbortError' })
  await closed.promise
})
