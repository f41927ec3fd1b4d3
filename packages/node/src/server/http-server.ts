/**
 * HTTP(S) in front of a node: bodies with a bound, CORS open, every answer with its length. Knows routes and limits, and
 * nothing of what is asked. One instance serves HTTPS, another plain HTTP on loopback or behind a reverse proxy.
 */
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Millis } from '@starling/protocol'
import type { Logger } from '@starling/runtime'
import type { NodeSurfaces, PublicAnswer } from '../ports.ts'
import type { TlsIdentity } from './certificate.ts'
import { routeOf } from './http-routes.ts'
import { trackSockets } from './open-sockets.ts'

/** docs/protocol/http.md §2. */
export const MAX_BODY_BYTES = 10_485_760
const COMPATIBLE_VERSION = '2.8.0'
const SERVER_NAME = 'Starling'
// A slow handshake, header or body ties up a socket: 10 s for the headers, 30 s for the whole request. Held answers are not limited by these.
const HANDSHAKE_TIMEOUT_MS = 10_000
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
/** How often connections are checked for these; 30 s by default, which would make them four times as long. */
const CHECK_INTERVAL_MS = 2_000
/** Of a body that is refused: read and thrown away before the answer, else its sender would see a reset and no answer. */
const MAX_DISCARDED_BYTES = 2 * MAX_BODY_BYTES
const KEEP_ALIVE_MS = 75_000
const MAX_CONNECTIONS = 10_000

export type HttpServerOptions = {
  readonly surfaces: NodeSurfaces
  /** Without it: plain HTTP. */
  readonly tls?: TlsIdentity
  readonly host: string
  readonly port: number
  /** Base64 of the node's public key, answered to reachability tests of compatible nodes. */
  readonly pingKey: string
  readonly logger: Logger
  /** Of the headers and of the whole request: 10 and 30 s. */
  readonly timeouts?: { readonly headers: Millis; readonly request: Millis }
}

export type RunningServer = AsyncDisposable & { readonly server: Server; readonly port: number }

export async function startHttpServer(options: HttpServerOptions): Promise<RunningServer> {
  const handle = (request: IncomingMessage, response: ServerResponse) => void serve(options, request, response)
  const limits = {
    headersTimeout: options.timeouts?.headers ?? HEADERS_TIMEOUT_MS,
    requestTimeout: options.timeouts?.request ?? REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, options.timeouts?.headers ?? CHECK_INTERVAL_MS),
    keepAliveTimeout: KEEP_ALIVE_MS,
  }
  const tls = { minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_TIMEOUT_MS } as const
  const server: Server = options.tls
    ? createHttpsServer({ ...limits, ...tls, ...options.tls }, handle)
    : createHttpServer(limits, handle)
  server.maxConnections = MAX_CONNECTIONS
  const endSockets = trackSockets(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.on('error', () => options.logger.error('http.server_failed'))
  return {
    server,
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      endSockets()
      await closed
    },
  }
}

async function serve(options: HttpServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  try {
    const answer = await answerOf(options, request, gone.signal)
    if (!gone.signal.aborted) send(response, answer, options.pingKey)
  } catch (error) {
    if (gone.signal.aborted) return
    options.logger.error('http.request_failed', { code: codeOf(error) })
    if (!response.headersSent) send(response, textAnswer(500, 'request failed'), options.pingKey)
  }
}

async function answerOf(
  options: HttpServerOptions,
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<PublicAnswer> {
  const path = (request.url ?? '/').split('?', 1)[0]!
  const method = request.method ?? 'GET'
  if (method === 'OPTIONS') return textAnswer(204, '')
  if (request.headers['x-loki-long-poll'] !== undefined) {
    return textAnswer(410, 'long polling is no longer supported, client upgrade required')
  }
  const route = routeOf(method, path)
  switch (route.kind) {
    case 'unknown':
      request.resume()
      return textAnswer(404, `${method.toLowerCase()} ${path.slice(0, 200)} Not Found`)
    case 'ping':
      request.resume()
      return textAnswer(200, '')
    case 'stats':
      return { ...textAnswer(200, JSON.stringify({ version: COMPATIBLE_VERSION })), contentType: 'application/json' }
    case 'plain':
      return options.surfaces.answer(route.request, signal)
    case 'body': {
      const body = await readBody(request)
      if ('refused' in body) return body.refused
      return options.surfaces.answer({ kind: route.request, body: body.bytes }, signal)
    }
  }
}

async function readBody(request: IncomingMessage): Promise<{ bytes: Uint8Array } | { refused: PublicAnswer }> {
  const declared = Number(request.headers['content-length'] ?? 0)
  const bytes = declared > MAX_BODY_BYTES ? undefined : await collect(request)
  if (bytes) return { bytes }
  await discard(request)
  return { refused: textAnswer(413, 'Request body too large') }
}

/** `undefined` as soon as it is too large: a chunked body declares no length, so what really comes is counted. */
function collect(request: IncomingMessage): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const take = (chunk: Buffer) => {
      length += chunk.length
      chunks.push(chunk)
      if (length <= MAX_BODY_BYTES) return
      request.off('data', take)
      resolve(undefined)
    }
    request.on('data', take)
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    request.on('error', reject)
  })
}

/** Resolves when all has come, or so much that whoever sends it is cut off after the answer. */
function discard(request: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > MAX_DISCARDED_BYTES) resolve()
    })
    request.on('end', resolve)
    request.on('error', reject)
  })
}

function send(response: ServerResponse, answer: PublicAnswer, pingKey: string): void {
  const refusedEarly = answer.status === 413
  response.writeHead(answer.status, {
    'Content-Type': answer.contentType,
    'Content-Length': answer.body.length,
    Server: SERVER_NAME,
    'Access-Control-Allow-Origin': '*',
    'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
    'Access-Control-Allow-Headers': 'Content-Type',
    'Access-Control-Max-Age': '86400',
    'X-Oxen-Snode-Pubkey': pingKey,
    ...(refusedEarly && { Connection: 'close' }),
  })
  response.end(answer.body)
}

function textAnswer(status: number, text: string): PublicAnswer {
  return { status, contentType: 'text/plain', body: Buffer.from(text) }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
