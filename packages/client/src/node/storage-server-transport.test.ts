/** HTTPS to servers of the compatible network, over real sockets. */
import { createHash, X509Certificate } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { test } from 'node:test'
import { FrameKind, LIMITS, seconds, utf8 } from '@starling/protocol'
import { systemClock } from '@starling/runtime'
import { expect } from 'expect'
import { descriptorOf } from '../testing/descriptor-of.ts'
import { createSelfSignedCertificate } from '../testing/link-server.ts'
import { createStorageServerTransport } from './storage-server-transport.ts'

type Seen = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: Buffer }
type Answer = (seen: Seen, socket: Socket) => { readonly status: number; readonly body: Uint8Array } | undefined

const certificate = await createSelfSignedCertificate()
const patient = () => ({ signal: new AbortController().signal, timeout: seconds(10) })
const info = { status: 200, body: utf8('{"version":[2,8,0]}') }

/** Answers `info` itself and everything else by `answer`; `undefined`: not at all. */
async function startServer(answer: Answer) {
  const seen: Seen[] = []
  let connections = 0
  const server = createServer(certificate, (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const one = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) }
      seen.push(one)
      const reply = one.path === '/storage_rpc/v1' ? info : answer(one, request.socket)
      if (reply === undefined) return
      response.statusCode = reply.status
      response.end(reply.body)
    })
  })
  server.on('secureConnection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    seen,
    get connections() {
      return connections
    },
    node: descriptorOf({ httpsPort: port }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const transportTo = (seeds: { url: string; publicKeyHash?: string }[] = []) =>
  createStorageServerTransport({ clock: systemClock(), seeds })

test('a guard is asked for nothing but its version, then takes onion requests over connections that are kept', async () => {
  await using server = await startServer(({ body }) => ({ status: 200, body }))
  await using link = await transportTo().connect(server.node, patient())
  for (let i = 0; i < 3; i++) {
    const payload = new Uint8Array(100_000).fill(i)
    expect(await link.request(FrameKind.onion, payload, patient())).toEqual({ status: 200, body: payload })
  }
  const [first, ...others] = server.seen
  expect({ path: first!.path, body: JSON.parse(first!.body.toString()) }).toEqual({
    path: '/storage_rpc/v1',
    body: { method: 'info', params: {} },
  })
  expect(new Set(others.map(({ path }) => path))).toEqual(new Set(['/onion_req/v2']))
  for (const { headers } of server.seen) {
    const { host: _, connection: __, 'content-length': ___, ...rest } = headers
    expect(rest).toEqual({ 'user-agent': 'WhatsApp', 'accept-language': 'en-us' })
  }
  expect(server.connections).toBe(1)
  expect(await link.request(FrameKind.directory, new Uint8Array(), patient())).toMatchObject({ status: 404 })
})

test('failures of the path come back as they are; a guard that is gone closes the link', async () => {
  const server = await startServer(() => ({ status: 502, body: utf8('Next node not found: x') }))
  const link = await transportTo().connect(server.node, patient())
  expect(await link.request(FrameKind.onion, new Uint8Array(8), patient())).toMatchObject({ status: 502 })
  await server[Symbol.asyncDispose]()
  const asked = link.request(FrameKind.onion, new Uint8Array(8), patient())
  await expect(asked).rejects.toEqual(expect.objectContaining({ name: 'LinkError', code: 'closed' }))
  await link.closed
})

test('a request on an idle connection that the server closed just then is sent again', async () => {
  let broken = 0
  await using server = await startServer(({ body }, socket) => {
    if (broken++ > 0) return { status: 200, body }
    socket.destroy()
    return undefined
  })
  await using link = await transportTo().connect(server.node, patient())
  expect(await link.request(FrameKind.onion, Uint8Array.of(1), patient())).toEqual({
    status: 200,
    body: Uint8Array.of(1),
  })
  expect(broken).toBe(2)
})

test('an answer that is too large, one that never comes and one that nobody waits for end the request', async () => {
  const answers: ReturnType<Answer>[] = [{ status: 200, body: new Uint8Array(LIMITS.bodyBytes + 1) }]
  await using server = await startServer(() => answers.shift())
  await using link = await transportTo().connect(server.node, patient())
  const ask = (options: ReturnType<typeof patient>) => link.request(FrameKind.onion, new Uint8Array(8), options)
  await expect(ask(patient())).rejects.toEqual(expect.objectContaining({ name: 'LinkError', code: 'protocol' }))
  const { signal } = patient()
  await expect(ask({ signal, timeout: seconds(0.05) })).rejects.toEqual(expect.objectContaining({ code: 'timeout' }))
  const gone = new AbortController()
  const asked = ask({ signal: gone.signal, timeout: seconds(10) })
  gone.abort(new Error('nobody waits'))
  await expect(asked).rejects.toThrow('nobody waits')
})

test('a server that is not ready is no guard, nor one that speaks something else', async () => {
  for (const status of [503, 404]) {
    const server = createServer(certificate, (_request, response) => {
      response.statusCode = status
      response.end('Service node is not ready')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const node = descriptorOf({ httpsPort: (server.address() as AddressInfo).port })
    await expect(transportTo().connect(node, patient())).rejects.toEqual(expect.objectContaining({ code: 'refused' }))
    server.closeAllConnections()
    server.close()
  }
})

test('a seed is asked for the list, and sent nothing if its key is not the pinned one', async () => {
  await using server = await startServer(() => ({ status: 200, body: utf8('{"result":{}}') }))
  const url = `https://127.0.0.1:${server.port}/json_rpc`
  const spki = new X509Certificate(certificate.cert).publicKey.export({ type: 'spki', format: 'der' })
  const publicKeyHash = createHash('sha256').update(spki).digest('base64')
  const wrong = transportTo([{ url, publicKeyHash: `${'A'.repeat(43)}=` }])
  await expect(wrong.fetchDirectory(url, patient())).rejects.toEqual(
    expect.objectContaining({ code: 'wrong_certificate' }),
  )
  expect(server.seen).toEqual([])
  for (const transport of [transportTo([{ url, publicKeyHash }]), transportTo()]) {
    expect(Buffer.from(await transport.fetchDirectory(url, patient())).toString()).toBe('{"result":{}}')
  }
  const [{ path, body }] = server.seen as [Seen]
  expect(path).toBe('/json_rpc')
  expect(JSON.parse(body.toString())).toMatchObject({
    method: 'get_n_service_nodes',
    params: { active_only: true, fields: { public_ip: true, pubkey_x25519: true, swarm: true } },
  })
})
