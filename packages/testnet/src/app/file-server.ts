/** A server for encrypted files, in memory and on loopback: 64 MiB in all. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MAX_BLOB_BYTES } from '@starling/protocol'

const CAPACITY_BYTES = 67_108_864
const HEADERS = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' }

export class FileServer implements AsyncDisposable {
  /** What lies there, by ID. */
  readonly files = new Map<string, Buffer>()
  readonly #server = createServer((request, response) => void this.#answer(request, response))

  static async open(): Promise<FileServer> {
    const server = new FileServer()
    server.#server.listen(0, '127.0.0.1')
    await once(server.#server, 'listening')
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const end = (status: number, body: string | Buffer = ''): void => void response.writeHead(status, HEADERS).end(body)
    if (request.method === 'OPTIONS') return end(204)
    if (request.method !== 'POST') {
      const file = this.files.get(request.url?.split('/').at(-1) ?? '')
      return file === undefined ? end(404) : end(200, file)
    }
    const body = await bodyOf(request)
    const used = [...this.files.values()].reduce((sum, { length }) => sum + length, 0)
    if (body === undefined || used + body.length > CAPACITY_BYTES) return end(507)
    const id = `${this.files.size + 1}`
    this.files.set(id, body)
    end(200, id)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** `undefined`: more than any file may have, or cut off. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  let size = 0
  try {
    for await (const piece of request) {
      size += piece.length
      if (size > MAX_BLOB_BYTES) return undefined
      pieces.push(piece)
    }
  } catch {
    // The other side went away.
    return undefined
  }
  return Buffer.concat(pieces)
}
