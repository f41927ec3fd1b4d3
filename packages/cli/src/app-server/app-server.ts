/** Serves the web app and the network file on loopback, to browsers of this machine. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { AppFiles, AppFolderError, appHeaders } from '@starling/node/app'
import { CliError } from '../cli-error.ts'

const ATTEMPTS = 20
const HEADERS = appHeaders('loopback')

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

/**
 * The app in a folder, every file of it checked.
 *
 * @throws {CliError} `app_build`
 */
export function openApp(folder: string): AppFiles {
  try {
    return new AppFiles(folder)
  } catch (error) {
    if (!(error instanceof AppFolderError)) throw error
    const what = error.code === 'missing' ? 'is not in' : 'is damaged in'
    throw new CliError(
      'app_build',
      `The built app ${what} ${folder} (${error.message}). \`npm run build\` builds it, and \`npm start\` does so by itself.`,
      { cause: error },
    )
  }
}

/** @throws {CliError} `port_taken`; `app_build`, if the folder holds no whole app. */
export async function startAppServer(options: AppServerOptions): Promise<AppServer> {
  const site = { files: openApp(options.folder), networkFile: Buffer.from(options.networkFile) }
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

type Site = { readonly files: AppFiles; readonly networkFile: Uint8Array }
type Answer = {
  readonly status: number
  readonly contentType: string
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

async function serve(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answer = await answerTo(site, request).catch(() => text(500, 'The file cannot be sent.'))
  response.writeHead(answer.status, {
    ...HEADERS,
    'Content-Type': answer.contentType,
    'Content-Length': answer.body.length,
    ...answer.headers,
  })
  response.end(request.method === 'HEAD' ? undefined : answer.body)
}

async function answerTo({ files, networkFile }: Site, request: IncomingMessage): Promise<Answer> {
  request.resume()
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return text(405, 'Only GET and HEAD are answered.', { Allow: 'GET, HEAD' })
  }
  const path = (request.url ?? '/').split('?', 1)[0]!
  if (path === '/network.json') {
    return {
      status: 200,
      contentType: 'application/json',
      body: networkFile,
      headers: { 'Cache-Control': 'no-cache' },
    }
  }
  const found = await files.answer({
    path: path.slice(1),
    acceptEncoding: request.headers['accept-encoding']?.toString(),
    ifNoneMatch: request.headers['if-none-match'],
  })
  return found ?? text(404, 'There is no such file.')
}

function text(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Answer {
  const body = Buffer.from(`${message}\n`)
  return {
    status,
    contentType: 'text/plain; charset=utf-8',
    body,
    headers: { 'Cache-Control': 'no-store', ...headers },
  }
}
