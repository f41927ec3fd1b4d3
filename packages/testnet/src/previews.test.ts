/**
 * Link previews from end to end: a client, three relays, a preview service and a web site. The network is on virtual time;
 * service and site are real servers on loopback, which only this test allows.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { PageFetcher, PreviewService, startPreviewServer } from '@starling/node/previews'
import { createServerExit, identityFor } from '@starling/node/testing'
import { type ExitHost, millis, type PreviewServer, seconds } from '@starling/protocol'
import { systemClock, systemRandom } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import { memoryLogger } from '@starling/runtime/testing'
import { expect } from 'expect'
import { TestNet } from './test-net.ts'

const LINK = 'https://news.example/story'
const STEP = millis(5)
const clock = systemClock()
const crypto = createNativeCrypto()
const { signal } = new AbortController()
const isAllowed = (address: string) => address === '127.0.0.1'
const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
const identity = await identityFor('news.example')
const PICTURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47)

/** Every request that a site gets, as `method path`. */
const requests: string[] = []
const site = createServer(identity, (request, response) => {
  requests.push(`${request.method} ${request.url}`)
  if (request.url === '/story') {
    const head = '<title>News</title><meta property="og:image" content="/picture.png">'
    response.writeHead(200, { 'content-type': 'text/html' }).end(head)
  } else if (request.url === '/picture.png') response.writeHead(200, { 'content-type': 'image/png' }).end(PICTURE)
  else response.writeHead(302, { location: 'https://127.0.0.1/secret' }).end()
})
const sitePort = await listening(site)
const log = memoryLogger()
const keys = crypto.x25519KeyPair(systemRandom()(32))
const fetcher = new PageFetcher({ clock, isAllowed, resolve, trusted: identity.cert, port: sitePort })
const service = new PreviewService({ crypto, random: systemRandom(), clock, keys, fetcher })
const server = await startPreviewServer({ service, host: '127.0.0.1', port: 0, logger: log })
const exit: ExitHost = { host: 'previews.example', port: server.port, protocol: 'http' }

after(async () => {
  await server[Symbol.asyncDispose]()
  site.closeAllConnections()
  await new Promise((done) => site.close(done))
})

async function listening(listener: Server): Promise<number> {
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return (listener.address() as AddressInfo).port
}

function netWith(previews: readonly PreviewServer[] | undefined) {
  const outside = {
    ...(previews && { exits: previews.map(({ key: _, ...rest }) => rest), previews }),
    exit: createServerExit({ clock, isAllowed, resolve }),
  }
  return TestNet.create({ nodes: 12, swarmSize: 3, seed: 71, outside })
}

/** Lets virtual time pass with real time, as long as something is under way outside. */
async function settledIn<T>(net: TestNet, work: Promise<T>): Promise<T> {
  let isSettled = false
  const done = work.finally(() => {
    isSettled = true
  })
  done.catch(() => {})
  while (!isSettled) {
    await clock.sleep(STEP, { signal })
    await net.advance(STEP)
  }
  return done
}

test('a preview comes over three relays and goes to the recipient, who fetches nothing', async () => {
  await using net = await netWith([{ ...exit, key: keys.publicKey }])
  const [alice, bob] = await net.clients('alice', 'bob')
  requests.length = 0
  expect(await alice.api.files.preview(`read ${LINK}`)).toBe(undefined)
  expect(requests).toEqual([])

  await alice.api.changeSettings({ linkPreviews: true })
  await bob.api.changeSettings({ linkPreviews: true })
  const preview = await settledIn(net, alice.api.files.preview(`read ${LINK}`))
  expect(preview).toMatchObject({ url: LINK, title: 'News', image: { contentType: 'image/png', size: 4 } })
  expect(requests).toEqual(['GET /story', 'GET /picture.png'])

  const conversation = await alice.api.startConversation(bob.accountId)
  await alice.api.send(conversation, { text: `read ${LINK}`, preview: preview! })
  await net.advance(seconds(30))
  const message = (await bob.messages()).find(({ direction }) => direction === 'incoming')
  expect(message).toMatchObject({ body: { text: `read ${LINK}` }, previews: [{ url: LINK, title: 'News' }] })
  expect(requests.length).toBe(2)
  // No node sees the link, only the service.
  const seen = net.nodes.flatMap(({ address }) => net.network.received(address))
  expect(seen.some(({ bytes }) => Buffer.from(bytes).includes('news.example'))).toBe(false)
  expect(net.log.text() + log.text()).not.toContain('news.example')
})

test('a page that leads inside, and a service that is not there or has another key, give no preview', async () => {
  const unreachable = expect.objectContaining({ name: 'PreviewError', code: 'page_unreachable' })
  const other = crypto.x25519KeyPair(systemRandom()(32)).publicKey
  const services: [PreviewServer, string][] = [
    [{ ...exit, key: keys.publicKey }, 'https://news.example/inside'],
    [{ ...exit, key: other }, LINK],
    [{ ...exit, port: sitePort, key: keys.publicKey }, LINK],
  ]
  for (const [listed, link] of services) {
    await using net = await netWith([listed])
    const [alice] = await net.clients('alice')
    await alice.api.changeSettings({ linkPreviews: true })
    await expect(settledIn(net, alice.api.files.preview(link))).rejects.toEqual(unreachable)
  }
})

test('in a network without a service nothing is offered, though it is switched on', async () => {
  await using net = await netWith(undefined)
  const [alice] = await net.clients('alice')
  await alice.api.changeSettings({ linkPreviews: true })
  requests.length = 0
  expect(await alice.api.files.preview(`read ${LINK}`)).toBe(undefined)
  expect(requests).toEqual([])
})
