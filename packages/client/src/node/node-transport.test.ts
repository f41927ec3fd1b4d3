import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { FrameKind, seconds } from '@starling/protocol'
import { type LinkHandler, systemClock } from '@starling/runtime'
import { settle, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import { descriptorOf } from '../testing/descriptor-of.ts'
import { createSelfSignedCertificate, startLinkServer } from '../testing/link-server.ts'
import { CONNECT_TIMEOUT, DIRECTORY_TIMEOUT, MAX_DIRECTORY_SIZE } from '../transport/transport-limits.ts'
import { createNodeTransport } from './node-transport.ts'

const echo: LinkHandler = async (_kind, payload) => ({ status: 200, body: payload })
const transport = createNodeTransport({ clock: systemClock() })
const patient = () => ({ signal: new AbortController().signal, timeout: seconds(10) })
const transportError = (code: string) => expect.objectContaining({ name: 'TransportError', code })
const certificate = await createSelfSignedCertificate()

/** A port that takes connections and never says a word. */
async function startMute() {
  const server = createServer(() => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: () => server.close() }
}

test('a link over TLS carries requests and large answers, and closes on both sides', async () => {
  await using server = await startLinkServer({ handler: echo, certificate })
  const node = descriptorOf({ httpsPort: server.port, certificateHash: certificate.hash })
  const link = await transport.connect(node, patient())
  const large = new Uint8Array(3_000_000).fill(7)
  const [small, back] = await Promise.all([
    link.request(FrameKind.onion, Uint8Array.of(1, 2), patient()),
    link.request(FrameKind.onion, large, patient()),
  ])
  expect(small).toEqual({ status: 200, body: Uint8Array.of(1, 2) })
  expect(back.body.length).toBe(large.length)
  const [other] = server.links
  await link[Symbol.asyncDispose]()
  await other!.closed
})

test('a link that the node closes is closed here, and fails what waits', async () => {
  const server = await startLinkServer({ handler: () => new Promise(() => {}), certificate })
  const node = descriptorOf({ httpsPort: server.port, certificateHash: certificate.hash })
  const link = await transport.connect(node, patient())
  const asked = link.request(FrameKind.onion, Uint8Array.of(1), patient())
  const failed = expect(asked).rejects.toEqual(expect.objectContaining({ name: 'LinkError', code: 'closed' }))
  await server[Symbol.asyncDispose]()
  await Promise.all([failed, link.closed])
})

test('a node with another certificate is sent nothing', async () => {
  await using server = await startLinkServer({ handler: echo, certificate })
  const node = descriptorOf({ httpsPort: server.port, certificateHash: new Uint8Array(32) })
  await expect(transport.connect(node, patient())).rejects.toEqual(transportError('wrong_certificate'))
  expect(server.upgrades).toBe(0)
})

test('text on a link closes it', async () => {
  await using server = await startLinkServer({ handler: () => new Promise(() => {}), certificate })
  const node = descriptorOf({ httpsPort: server.port, certificateHash: certificate.hash })
  const link = await transport.connect(node, patient())
  const asked = link.request(FrameKind.onion, Uint8Array.of(1), patient())
  const failed = expect(asked).rejects.toEqual(expect.objectContaining({ name: 'LinkError', code: 'protocol' }))
  server.sendText()
  await Promise.all([failed, link.closed])
})

test('where nobody listens, and where nobody speaks TLS or WebSocket, a node is unreachable', async () => {
  await using plain = await startLinkServer({ handler: echo })
  await expect(transport.connect(descriptorOf({ httpsPort: 1 }), patient())).rejects.toEqual(
    transportError('unreachable'),
  )
  const node = descriptorOf({ httpsPort: plain.port, certificateHash: certificate.hash })
  await expect(transport.connect(node, patient())).rejects.toEqual(transportError('unreachable'))
})

test('connecting ends after its time, and as soon as it is aborted', async () => {
  using mute = await startMute()
  const clock = new VirtualClock()
  const slow = createNodeTransport({ clock })
  const node = descriptorOf({ httpsPort: mute.port })
  const late = expect(slow.connect(node, patient())).rejects.toEqual(transportError('timeout'))
  await settle()
  await clock.advance(CONNECT_TIMEOUT)
  await late
  const abort = new AbortController()
  const aborted = expect(slow.connect(node, { signal: abort.signal })).rejects.toThrow('changed my mind')
  abort.abort(new Error('changed my mind'))
  await aborted
  expect(clock.pending).toBe(0)
})

test('the directory is fetched over HTTP, and over TLS without asking for a certificate', async () => {
  const document = new Uint8Array(200_000).fill(9)
  await using plain = await startLinkServer({ handler: echo, directory: () => document })
  await using tls = await startLinkServer({ handler: echo, directory: () => document, certificate })
  for (const url of [`http://127.0.0.1:${plain.port}`, `https://127.0.0.1:${tls.port}/`]) {
    const fetched = await transport.fetchDirectory(url, patient())
    expect([fetched.length, fetched[199_999]]).toEqual([200_000, 9])
  }
})

test('a directory that is missing or over 16 MiB is refused; without a server it is unreachable', async () => {
  await using empty = await startLinkServer({ handler: echo })
  await using flood = await startLinkServer({ handler: echo, directory: () => new Uint8Array(MAX_DIRECTORY_SIZE + 1) })
  for (const { port } of [empty, flood]) {
    const fetched = transport.fetchDirectory(`http://127.0.0.1:${port}`, patient())
    await expect(fetched).rejects.toEqual(transportError('refused'))
  }
  await expect(transport.fetchDirectory('http://127.0.0.1:1', patient())).rejects.toEqual(transportError('unreachable'))
})

test('fetching the directory ends after its time, and as soon as it is aborted', async () => {
  using mute = await startMute()
  const clock = new VirtualClock()
  const slow = createNodeTransport({ clock })
  const url = `http://127.0.0.1:${mute.port}`
  const late = expect(slow.fetchDirectory(url, patient())).rejects.toEqual(transportError('timeout'))
  await settle()
  await clock.advance(DIRECTORY_TIMEOUT)
  await late
  const abort = new AbortController()
  const aborted = expect(slow.fetchDirectory(url, { signal: abort.signal })).rejects.toThrow('changed my mind')
  abort.abort(new Error('changed my mind'))
  await aborted
})
