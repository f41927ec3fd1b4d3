/** Plain HTTP in front of a preview service: one route, small bodies. What it carries is sealed already. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PREVIEW_TARGET } from '@starling/protocol'
import type { LinkReply, Logger } from '@starling/runtime'
import type { PreviewService } from './preview-service.ts'

/** Of a request for a page, whose URL may have 8,192. */
const MAX_BODY_BYTES = 16_384
/** One request each, and so many answers of 1 MiB that last hops have not read yet. */
const MAX_CONNECTIONS = 128
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 15_000
const CHECK_INTERVAL_MS = 2_000
/** Of a connection on which nothing moves: longer than any page takes. */
const IDLE_TIMEOUT_MS = 30_000

export type PreviewServerOptions = {
  readonly service: Pick<PreviewService, 'answer'>
  readonly host: string
  /** 0: any. */
  readonly port: number
  readonly logger: Logger
}

export type RunningPreviewServer = AsyncDisposable & { readonly port: number }

/** Rejects with the system's error if it cannot listen. Disposing ends every request. */
export async function startPreviewServer(options: PreviewServerOptions): Promise<RunningPreviewServer> {
  const { host, port, logger } = options
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionsCheckingInterval: CHECK_INTERVAL_MS,
      maxHeaderSize: MAX_BODY_BYTES,
    },
    (request, response) => void serve(options, request, response),
  )
  server.maxConnections = MAX_CONNECTIONS
  server.timeout = IDLE_TIMEOUT_MS
  await listen(server, host, port)
  server.on('error', () => logger.error('previews.server_failed'))
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function serve(
  { service, logger }: PreviewServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  try {
    send(response, await answerOf(service, request, gone.signal))
  } catch (error) {
    if (gone.signal.aborted || request.errored) return
    // Not the error itself: it could hold what was asked for.
    logger.error('previews.request_failed', { code: error instanceof Error ? error.name : 'unknown' })
    send(response, { status: 500, body: Buffer.from('request failed') })
  }
}

async function answerOf(
  service: PreviewServerOptions['service'],
  request: IncomingMessage,
  signal: AbortSignal,
): Promise<LinkReply> {
  if (request.url !== PREVIEW_TARGET) return { status: 404, body: Buffer.from('Not Found') }
  if (request.method !== 'POST') return { status: 405, body: Buffer.from('Method Not Allowed') }
  const chunks: Buffer[] = []
  let length = 0
  // Not destroyed by leaving the loop, else the answer would not arrive.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BODY_BYTES) return { status: 413, body: Buffer.from('Request body too large') }
    chunks.push(chunk)
  }
  return service.answer(Buffer.concat(chunks), signal)
}

function send(response: ServerResponse, { status, body }: LinkReply): void {
  if (response.destroyed) return
  response.writeHead(status, {
    'Content-Type': 'application/octet-stream',
    'Content-Length': body.length,
    Connection: 'close',
    'X-Content-Type-Options': 'nosniff',
  })
  response.end(body)
}
