/** Runs in Chromium, against the servers of `web-transport.browser.test.ts`. */
import { test } from 'node:test'
import { FrameKind, seconds } from '@starling/protocol'
import { systemClock } from '@starling/runtime'
import { expect } from 'expect'
import { descriptorOf } from '../testing/descriptor-of.ts'
import { createWebTransport } from './web-transport.ts'

declare const testParameters: { readonly port: number; readonly emptyPort: number; readonly mutePort: number }

const transport = createWebTransport({ clock: systemClock() })
const patient = () => ({ signal: new AbortController().signal, timeout: seconds(10) })
const urlOf = (port: number) => `http://127.0.0.1:${port}`
const nodeAt = (port: number) => descriptorOf({ webUrl: urlOf(port) })
const transportError = (code: string) => expect.objectContaining({ name: 'TransportError', code })

test('a link carries requests and large answers', async () => {
  await using link = await transport.connect(nodeAt(testParameters.port), patient())
  const large = new Uint8Array(3_000_000).fill(7)
  const [small, back] = await Promise.all([
    link.request(FrameKind.onion, Uint8Array.of(1, 2), patient()),
    link.request(FrameKind.onion, large, patient()),
  ])
  expect(small).toEqual({ status: 200, body: Uint8Array.of(1, 2) })
  expect(back.body.length).toBe(large.length)
})

test('a link that is disposed is closed, and its requests fail', async () => {
  const link = await transport.connect(nodeAt(testParameters.port), patient())
  await link[Symbol.asyncDispose]()
  await link.closed
  const asked = link.request(FrameKind.onion, Uint8Array.of(1), patient())
  await expect(asked).rejects.toEqual(expect.objectContaining({ name: 'LinkError', code: 'closed' }))
})

test('a node that nobody answers for, or without a URL for browsers, is unreachable', async () => {
  for (const node of [nodeAt(9), descriptorOf({ webUrl: '' })]) {
    await expect(transport.connect(node, patient())).rejects.toEqual(transportError('unreachable'))
  }
})

test('connecting ends after its time, and as soon as it is aborted', async () => {
  const abort = new AbortController()
  const aborted = transport.connect(nodeAt(testParameters.mutePort), { signal: abort.signal })
  abort.abort(new Error('changed my mind'))
  await expect(aborted).rejects.toThrow('changed my mind')
  const impatient = createWebTransport({ clock: { ...systemClock(), sleep: async () => {} } })
  const late = impatient.connect(nodeAt(testParameters.mutePort), patient())
  await expect(late).rejects.toEqual(transportError('timeout'))
})

test('the directory is fetched; a missing one is refused, and where nobody answers it is unreachable', async () => {
  const fetched = await transport.fetchDirectory(`${urlOf(testParameters.port)}/`, patient())
  expect([fetched.length, fetched[199_999]]).toEqual([200_000, 9])
  const missing = transport.fetchDirectory(urlOf(testParameters.emptyPort), patient())
  await expect(missing).rejects.toEqual(transportError('refused'))
  await expect(transport.fetchDirectory(urlOf(9), patient())).rejects.toEqual(transportError('unreachable'))
})

test('listeners hear that the network went and came back, until they are stopped', async () => {
  let changes = 0
  const stop = transport.onNetworkChange(() => changes++)
  globalThis.dispatchEvent(new Event('offline'))
  globalThis.dispatchEvent(new Event('online'))
  stop()
  globalThis.dispatchEvent(new Event('offline'))
  expect(changes).toBe(2)
  expect(transport.offline).toBe(false)
})
