/** Serves the web app and the network file on loopback, to browsers of this machine. */
import { realpath } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { CliError } from '../cli-error.ts'
import { findStaticFile } from './static-file.ts'

const ATTEMPTS = 20

/**
 * The page's own policy, in its HTML, is narrower still: connections to nodes are made by the worker alone, which goes by
 * the header of its script.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob: mediastream:",
  "font-src 'self'",
  "connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:*",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const HEADERS = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const

export type AppServer = AsyncDisposable & {
  /** Where the browser finds the app, with a slash at its end. */
  readonly url: string
  readonly port: number
}

export type AppServerOptions = {
  /** The built app. */
  readonly folder: string
  /** The text of `network.json`. */
  readonly networkFile: string
  /** This port, or the next one that is free; 0: any. */
  readonly port: number
}

/** @throws {CliError} `port_taken`; `invalid_input`, if the folder holds no app. */
export async function startAppServer(options: AppServerOptions): Promise<AppServer> {
  const root = await realpath(options.folder).catch(() => undefined)
  if (root === undefined || (await findStaticFile(root, '/')) === undefined) {
    throw new CliError(
      'invalid_input',
      `The built app is not in ${options.folder}. \`npm run build\` builds it, and \`npm start\` does so by itself.`,
    )
  }
  const site = { root, networkFile: Buffer.from(options.networkFile) }
  const server = createServer((request, response) => void serve(site, request, response))
  const port = await listen(server, options.port)
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

async function listen(server: Server, wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + ATTEMPTS && port < 65_536; port++) {
    const listening = await tryListen(server, port)
    if (listening !== undefined) return listening
  }
  throw new CliError(
    'port_taken',
    `Ports ${wanted} to ${wanted + ATTEMPTS - 1} are all taken by other programs. Choose another one with --app-port.`,
  )
}

/** `undefined`, if the port is taken. */
function tryListen(server: Server, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(undefined) : reject(error)
    server.once('error', fail)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', fail)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

type Site = { readonly root: string; readonly networkFile: Uint8Array }
type Answer = {
  readonly status: number
  readonly contentType: string
  readonly body: Uint8Array
  readonly cache: string
}

async function serve(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await answerTo(site, request).catch(() => text(500, 'The file cannot be read.'))
  response.writeHead(answer.status, {
    ...HEADERS,
    'Content-Type': answer.contentType,
    'Content-Length': answer.body.length,
    'Cache-Control': answer.cache,
    ...(answer.status === 405 && { Allow: 'GET, HEAD' }),
  })
  response.end(request.method === 'HEAD' ? undefined : answer.body)
}

async function answerTo({ root, networkFile }: Site, request: IncomingMessage): Promise<Answer> {
  request.resume()
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'Only GET and HEAD are answered.')
  const path = (request.url ?? '/').split('?', 1)[0]!
  if (path === '/network.json') {
    return { status: 200, contentType: 'application/json', body: networkFile, cache: 'no-cache' }
  }
  const file = await findStaticFile(root, path)
  if (file === undefined) return text(404, 'There is no such file.')
  const cache = file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache'
  return { status: 200, contentType: file.contentType, body: file.body, cache }
}

function text(status: number, message: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: Buffer.from(`${message}\n`), cache: 'no-store' }
}
