/**
 * The transport of Node.js to compatible storage servers: HTTPS with certificates that nobody vouches for. What is secret is
 * sealed for the keys of the list of nodes; the certificate of a seed can be pinned.
 */
import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { type Descriptor, LIMITS, parseJsonObject, utf8 } from '@starling/protocol'
import type { Clock, Link, LinkReply } from '@starling/runtime'
import type { Seed } from '../storage-servers/compatible-network.ts'
import { createHttpsLink, type Poster } from '../storage-servers/https-link.ts'
import { NODE_LIST_PARAMS } from '../storage-servers/node-list.ts'
import type { Transport } from '../transport/transport.ts'
import { TransportError } from '../transport/transport-error.ts'
import {
  CONNECT_TIMEOUT,
  DIRECTORY_TIMEOUT,
  MAX_DIRECTORY_SIZE,
  readBounded,
  withDeadline,
} from '../transport/transport-limits.ts'

/** Below the minute after which servers and routers forget an idle connection. */
const IDLE_TIMEOUT = 50_000
const MAX_SOCKETS = 16
/** A guard shall see what other clients of that network send. */
const HEADERS = { 'user-agent': 'WhatsApp', 'accept-language': 'en-us' }
const RPC_PATH = '/storage_rpc/v1'

export type StorageServerTransportOptions = { readonly clock: Clock; readonly seeds: readonly Seed[] }

export function createStorageServerTransport({ clock, seeds }: StorageServerTransportOptions): Transport {
  return {
    connect: (node, { signal }) =>
      withDeadline({ clock, delay: CONNECT_TIMEOUT, signal }, (deadline) => connect(node, clock, deadline)),
    fetchDirectory: (url, { signal }) =>
      withDeadline({ clock, delay: DIRECTORY_TIMEOUT, signal }, (deadline) =>
        fetchNodeList(url, seeds.find((seed) => seed.url === url)?.publicKeyHash, deadline),
      ),
    // Node.js does not tell: requests that fail do.
    offline: false,
    onNetworkChange: () => () => {},
  }
}

/** A guard is tried with a question that names nobody. */
async function connect(node: Descriptor, clock: Clock, signal: AbortSignal): Promise<Link> {
  const poster = createPoster(node)
  try {
    const body = utf8(JSON.stringify({ method: 'info', params: {} }))
    const reply = await poster.post(RPC_PATH, body, signal)
    if (reply.status !== 200 || parseJsonObject(reply.body) === undefined) throw new TransportError('refused')
    return createHttpsLink({ clock, poster })
  } catch (error) {
    await poster[Symbol.asyncDispose]()
    throw error
  }
}

function createPoster({ address, httpsPort }: Descriptor): Poster {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: MAX_SOCKETS,
    timeout: IDLE_TIMEOUT,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
  })
  const target = { agent, host: address, port: httpsPort }
  return {
    async post(path, body, signal) {
      const send = () => post({ ...target, path, signal, headers: HEADERS }, { body, max: LIMITS.bodyBytes })
      const reply = await send()
      // An idle connection that the other side had closed meanwhile: nothing was read of the request.
      return reply === 'stale' ? orUnreachable(await send()) : reply
    },
    async [Symbol.asyncDispose]() {
      agent.destroy()
    },
  }
}

function orUnreachable(reply: LinkReply | 'stale'): LinkReply {
  if (reply === 'stale') throw new TransportError('unreachable')
  return reply
}

/** @throws {TransportError} also when the certificate is not the pinned one (`wrong_certificate`): then nothing was sent. */
async function fetchNodeList(url: string, pin: string | undefined, signal: AbortSignal): Promise<Uint8Array> {
  const call = { jsonrpc: '2.0', id: 0, method: 'get_n_service_nodes', params: NODE_LIST_PARAMS }
  const { protocol, hostname: host, port, pathname: path } = new URL(url)
  const target = { protocol, host, port, path, signal, headers: { 'content-type': 'application/json' } }
  const options = { ...target, rejectUnauthorized: false, agent: false as const }
  const reply = orUnreachable(await post(options, { body: utf8(JSON.stringify(call)), max: MAX_DIRECTORY_SIZE, pin }))
  if (reply.status !== 200) throw new TransportError('refused')
  return reply.body
}

type Sending = { readonly body: Uint8Array; readonly max: number; readonly pin?: string | undefined }

/** `stale`: a connection that was used before broke before anything came back. */
async function post(options: RequestOptions, { body, max, pin }: Sending): Promise<LinkReply | 'stale'> {
  const headers = { ...options.headers, 'content-length': body.length }
  const send = options.protocol === 'http:' ? httpRequest : httpsRequest
  const request = send({ ...options, method: 'POST', headers })
  let isDone = false
  try {
    const reply = await new Promise<LinkReply>((resolve, reject) => {
      request.on('error', reject)
      request.on('response', (response) => {
        const status = response.statusCode ?? 0
        readBounded(response, max).then((answer) => resolve({ status, body: answer }), reject)
      })
      if (pin === undefined) request.end(body)
      else sendPinned(request, { body, pin, reject })
    })
    isDone = true
    return reply
  } catch (error) {
    options.signal?.throwIfAborted()
    if (error instanceof TransportError) throw error
    if (request.reusedSocket && isReset(error)) return 'stale'
    throw new TransportError('unreachable', { cause: error })
  } finally {
    if (!isDone) request.destroy()
  }
}

function sendPinned(
  request: ReturnType<typeof httpsRequest>,
  { body, pin, reject }: { body: Uint8Array; pin: string; reject: (error: Error) => void },
): void {
  request.on('socket', (socket) => {
    const tls = socket as TLSSocket
    tls.once('secureConnect', () => {
      const key = tls.getPeerX509Certificate()?.publicKey.export({ type: 'spki', format: 'der' })
      const hash = key && createHash('sha256').update(key).digest('base64')
      if (hash === pin) request.end(body)
      else reject(new TransportError('wrong_certificate'))
    })
  })
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}
