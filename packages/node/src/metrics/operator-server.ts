/**
 * The operator's door, on loopback: `/metrics` for Prometheus and `/status` for `starling node status` to whoever is on this
 * machine; what changes something needs the token that lies in the data folder for the node's own user. Invariants: a web
 * page that somebody on this machine opens gets nothing, since its requests name an origin, or another host than ours.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { equalBytes, utf8 } from '@starling/protocol'
import type { Logger } from '@starling/runtime'

export type OperatorAnswer = { readonly status: number; readonly contentType: string; readonly body: string }

export type OperatorServerOptions = {
  readonly host: string
  readonly port: number
  /** Must stand in `Authorization: Bearer …` of what changes something. */
  readonly token: string
  readonly logger: Logger
  /** By method and path, as in `GET /status`. */
  readonly routes: Readonly<Record<string, () => Promise<OperatorAnswer> | OperatorAnswer>>
}

const TIMEOUT_MS = 10_000
const MAX_CONNECTIONS = 64

/** @throws an error of the system, if the port cannot be had. */
export async function startOperatorServer(
  options: OperatorServerOptions,
): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer(
    { headersTimeout: TIMEOUT_MS, requestTimeout: TIMEOUT_MS, keepAliveTimeout: TIMEOUT_MS },
    (request, response) => void serve(options, request, response),
  )
  server.maxConnections = MAX_CONNECTIONS
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.on('error', () => options.logger.error('operator.server_failed'))
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function serve(
  options: OperatorServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  request.resume() // bodies say nothing here
  let answer: OperatorAnswer
  try {
    answer = refused(options, request) ?? (await route(options, request))
  } catch (error) {
    options.logger.error('operator.request_failed', { code: codeOf(error) })
    answer = text(500, 'request failed')
  }
  response.writeHead(answer.status, {
    'Content-Type': answer.contentType,
    'Content-Length': Buffer.byteLength(answer.body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  })
  response.end(answer.body)
}

function refused(
  { host, token }: OperatorServerOptions,
  { headers, method }: IncomingMessage,
): OperatorAnswer | undefined {
  if (headers.origin !== undefined || !isOurs(headers.host, host)) return text(403, 'not for web pages')
  if (method === 'GET') return undefined
  const given = utf8(headers.authorization ?? '')
  return equalBytes(given, utf8(`Bearer ${token}`)) ? undefined : text(401, 'the token of the data folder is missing')
}

/** A name that leads to loopback, but is not one of loopback, was set up by somebody else. */
function isOurs(hostHeader: string | undefined, host: string): boolean {
  const name = (hostHeader ?? '').replace(/:\d+$/, '')
  return name === 'localhost' || /^(\d{1,3}\.){3}\d{1,3}$/.test(name) || name === host
}

async function route({ routes }: OperatorServerOptions, { method, url }: IncomingMessage): Promise<OperatorAnswer> {
  const key = `${method} ${(url ?? '/').split('?', 1)[0]}`
  return Object.hasOwn(routes, key) ? routes[key]!() : text(404, 'no such page: /metrics, /status')
}

export function text(status: number, body: string): OperatorAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${body}\n` }
}

export function json(status: number, value: unknown): OperatorAnswer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
