/**
 * HTTP(S) in front of a node: bodies with a bound, CORS open, every answer with its length. Knows routes and limits, and
 * nothing of what is asked. One instance serves HTTPS, another plain HTTP on loopback or behind a reverse proxy.
 */
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { type Millis, millis } from '@starling/protocol'
import { type Clock, type Logger, TaskGroup } from '@starling/runtime'
import type { NodeSurfaces, PublicAnswer } from '../ports.ts'
import type { AppFiles } from './app-files.ts'
import type { Caller } from './callers.ts'
import type { TlsIdentity } from './certificate.ts'
import { ANSWER_TIMEOUT_MS, Exchange, type HttpConnection, HttpConnections } from './exchange.ts'
import { forwardedAddress, isLoopback } from './forwarded-address.ts'
import type { Gate, Refusal } from './gate.ts'
import { MAX_BODY_BYTES, readBody } from './http-body.ts'
import { classOf, type Route, routeOf } from './http-routes.ts'
import { MAX_PIPELINED, MAX_REFUSALS } from './limits.ts'
import { trackSockets } from './open-sockets.ts'

export { MAX_BODY_BYTES }

const COMPATIBLE_VERSION = '2.8.0'
const SERVER_NAME = 'Starling'
// A slow handshake, header or body ties up a socket: 10 s for the headers, 30 s for the whole request. Held answers are not limited by these.
const HANDSHAKE_TIMEOUT_MS = 10_000
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
/** How often connections are checked for these; 30 s by default, which would make them four times as long. */
const CHECK_INTERVAL_MS = 2_000
/** How often it is looked for answers that nobody reads. */
const STALLED_INTERVAL = millis(1_000)
const KEEP_ALIVE_MS = 75_000
const MAX_HEADER_BYTES = 16_384

export type HttpServerOptions = {
  readonly surfaces: NodeSurfaces
  /** Shared by all servers of a node. */
  readonly gate: Gate
  readonly clock: Clock
  /** Without it: plain HTTP. */
  readonly tls?: TlsIdentity
  readonly host: string
  readonly port: number
  /** Whether a proxy on loopback is believed what it says of the address of a client. */
  readonly trustForwardedFor?: boolean
  /** Base64 of the node's public key, answered to reachability tests of compatible nodes. */
  readonly pingKey: string
  readonly logger: Logger
  /** Given out at `/app/`, with these headers. */
  readonly app?: { readonly files: AppFiles; readonly headers: Readonly<Record<string, string>> }
  /** Of the headers, of the whole request, and of an answer's reader: 10, 30 and 60 s. */
  readonly timeouts?: { readonly headers: Millis; readonly request: Millis; readonly answer: Millis }
}

export type RunningServer = AsyncDisposable & {
  readonly server: Server
  readonly port: number
  /** Who sent a request, as far as limits are concerned. */
  callerOf(request: IncomingMessage): Caller
}

type Answer = Omit<PublicAnswer, 'contentType'> & {
  readonly contentType: string
  readonly retryAfter?: number
  /** In the place of those that let other origins read the answer. */
  readonly headers?: Readonly<Record<string, string>>
}

export async function startHttpServer(options: HttpServerOptions): Promise<RunningServer> {
  const running = new HttpServer(options)
  await running.listen()
  return running
}

class HttpServer implements RunningServer {
  readonly server: Server
  readonly #options: HttpServerOptions
  readonly #connections: HttpConnections
  readonly #endSockets: () => void
  readonly #tasks = new TaskGroup({ onFailure: () => this.#options.logger.error('http.task_failed') })

  constructor(options: HttpServerOptions) {
    this.#options = options
    this.server = createServer(options, (request, response) => void this.#serve(request, response))
    this.#endSockets = trackSockets(this.server, (socket) => this.#admit(socket))
    this.#connections = new HttpConnections(this.server, options.gate)
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port
  }

  async listen(): Promise<void> {
    const { host, port, logger } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject)
      this.server.listen(port, host, () => {
        this.server.off('error', reject)
        resolve()
      })
    })
    this.server.on('error', () => logger.error('http.server_failed'))
    this.#tasks.run('watch', (signal) => this.#watch(signal))
  }

  callerOf(request: IncomingMessage): Caller {
    const connection = this.#connections.get(request.socket)
    return this.#behind(request, connection?.address ?? this.#options.gate.callerOf(request.socket.remoteAddress))
  }

  /** Whom a proxy at `address` asks for, if it is one that is believed. */
  #behind(request: IncomingMessage, address: Caller): Caller {
    const { gate, trustForwardedFor } = this.#options
    if (!trustForwardedFor || !isLoopback(request.socket.remoteAddress)) return address
    const forwarded = forwardedAddress(request.headers['x-forwarded-for'])
    return forwarded === undefined ? address : gate.callerOf(forwarded)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve))
    this.#endSockets()
    await closed
    await this.#tasks[Symbol.asyncDispose]()
  }

  /** A connection of a proxy is one of many people: it is not held against its address. */
  #admit(socket: Socket): (() => void) | undefined {
    const { gate, trustForwardedFor } = this.#options
    if (trustForwardedFor && isLoopback(socket.remoteAddress)) return () => {}
    const address = gate.callerOf(socket.remoteAddress)
    return gate.openConnection(address) ? () => gate.closeConnection(address) : undefined
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, gate, timeouts } = this.#options
    while (!signal.aborted) {
      await clock.sleep(STALLED_INTERVAL, { signal })
      this.#connections.endStalled(clock.monotonic(), timeouts?.answer ?? ANSWER_TIMEOUT_MS)
      // Who asks nothing gives way to who comes.
      if (gate.isCrowded) this.server.closeIdleConnections()
    }
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { gate, logger } = this.#options
    const connection = this.#connections.get(request.socket)
    if (!connection || request.socket.destroyed) return // nobody waits
    const route = routeOf(request.method ?? 'GET', pathOf(request), { hasApp: this.#options.app !== undefined })
    const caller = this.#behind(request, connection.address)
    const kind = classOf(route)
    const refusal = gate.begin(caller, kind)
    if (refusal) return this.#refuse(response, refusal, caller === connection.address ? connection : undefined)
    const exchange = new Exchange(gate, caller, kind)
    if (connection.refusals > 0) connection.refusals--
    connection.exchanges.add(exchange)
    response.on('close', () => {
      connection.exchanges.delete(exchange)
      exchange.end()
    })
    if (connection.exchanges.size > MAX_PIPELINED) {
      request.socket.destroy()
      return
    }
    try {
      this.#answer(exchange, response, await this.#answerOf(route, request, exchange))
    } catch (error) {
      if (exchange.signal.aborted) return
      logger.error('http.request_failed', { code: codeOf(error) })
      if (!response.headersSent) this.#answer(exchange, response, textAnswer(500, 'request failed'))
    }
  }

  async #answerOf(route: Route, request: IncomingMessage, exchange: Exchange): Promise<Answer> {
    const { surfaces } = this.#options
    if (request.headers['x-loki-long-poll'] !== undefined) {
      return textAnswer(410, 'long polling is no longer supported, client upgrade required')
    }
    switch (route.kind) {
      case 'preflight':
        return textAnswer(204, '')
      case 'unknown':
        return textAnswer(404, `${request.method?.toLowerCase()} ${pathOf(request).slice(0, 200)} Not Found`)
      case 'app':
        return this.#appAnswer(route.path, request)
      case 'ping':
        return textAnswer(200, '')
      case 'stats':
        return { ...textAnswer(200, JSON.stringify({ version: COMPATIBLE_VERSION })), contentType: 'application/json' }
      case 'plain':
        return surfaces.answer(route.request, exchange.signal)
      case 'body': {
        const body = await readBody(request, exchange)
        if (body.kind === 'refused') return refused(body.refusal)
        if (body.kind === 'tooLarge') return textAnswer(413, 'Request body too large')
        return surfaces.answer({ kind: route.request, body: body.bytes }, exchange.signal)
      }
    }
  }

  async #appAnswer(path: string | undefined, request: IncomingMessage): Promise<Answer> {
    const { files, headers } = this.#options.app!
    // Relative, because a proxy may have put us anywhere.
    if (path === undefined) return { ...textAnswer(308, ''), headers: { ...headers, Location: 'app/' } }
    const found = await files.answer({
      path,
      acceptEncoding: request.headers['accept-encoding']?.toString(),
      ifNoneMatch: request.headers['if-none-match'],
    })
    if (!found) return { ...textAnswer(404, 'There is no such file.'), headers }
    return { ...found, headers: { ...headers, ...found.headers } }
  }

  /** @param connection undefined where others share it. */
  #refuse(response: ServerResponse, refusal: Refusal, connection: HttpConnection | undefined): void {
    if (refusal.status === 429 && connection && ++connection.refusals > MAX_REFUSALS) response.req.socket.destroy()
    else this.#send(response, refused(refusal))
  }

  #answer(exchange: Exchange, response: ServerResponse, answer: Answer): void {
    if (exchange.signal.aborted) return
    const refusal = exchange.answer(answer.body.length, this.#options.clock.monotonic())
    this.#send(response, refusal ? refused(refusal) : answer)
  }

  #send(response: ServerResponse, answer: Answer): void {
    response.writeHead(answer.status, {
      'Content-Type': answer.contentType,
      'Content-Length': answer.body.length,
      Server: SERVER_NAME,
      ...(answer.headers ?? this.#openHeaders()),
      // Refused early: more of the body may be coming than anybody wants to read.
      ...(answer.status === 413 && { Connection: 'close' }),
      ...(answer.retryAfter !== undefined && {
        'Retry-After': answer.retryAfter,
        'Access-Control-Expose-Headers': 'Retry-After',
      }),
    })
    response.end(answer.body)
  }

  /** Every origin may ask a node; nobody may take what it says for a page or a script. */
  #openHeaders() {
    return {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
      'Access-Control-Allow-Headers': 'Content-Type',
      'Access-Control-Max-Age': '86400',
      'X-Content-Type-Options': 'nosniff',
      'X-Oxen-Snode-Pubkey': this.#options.pingKey,
    }
  }
}

function createServer(
  options: HttpServerOptions,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
) {
  const limits = {
    headersTimeout: options.timeouts?.headers ?? HEADERS_TIMEOUT_MS,
    requestTimeout: options.timeouts?.request ?? REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, options.timeouts?.headers ?? CHECK_INTERVAL_MS),
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
  }
  const tls = { minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_TIMEOUT_MS } as const
  return options.tls
    ? createHttpsServer({ ...limits, ...tls, ...options.tls }, handle)
    : createHttpServer(limits, handle)
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0]!
}

function textAnswer(status: number, text: string): Answer {
  return { status, contentType: 'text/plain', body: Buffer.from(text) }
}

function refused({ status, text, retryAfter }: Refusal): Answer {
  return { ...textAnswer(status, text), retryAfter }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
