/** One keep-alive HTTPS connection, one request at a time, on a bare TLS socket: several times cheaper than `node:https`. */
import { connect, type TLSSocket } from 'node:tls'
import type { Answer, Lane } from './lane.ts'

const HEAD_END = Buffer.from('\r\n\r\n')

/** The bytes of a whole request, made before the clock starts. */
export function httpRequest(path: string, body: Uint8Array): Buffer {
  const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
  return Buffer.concat([Buffer.from(head, 'latin1'), body])
}

/** @param source address of the loopback network to come from: nodes limit requests by address */
export async function openHttpsLane(port: number, source?: string): Promise<Lane> {
  const socket = connect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false,
    ...(source !== undefined && { localAddress: source }),
  })
  socket.setNoDelay(true)
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('secureConnect', () => resolve())
  })
  return new HttpsLane(socket)
}

class HttpsLane implements Lane {
  readonly #socket: TLSSocket
  #waiting: PromiseWithResolvers<Answer> | undefined
  #held: Buffer = Buffer.alloc(0)
  /** Parts of a body that has not come wholly, and the answer that they belong to. */
  #chunks: Buffer[] = []
  #left = 0
  #status = 0

  constructor(socket: TLSSocket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#take(chunk))
    socket.on('error', (error) => this.#waiting?.reject(error))
    socket.on('close', () => this.#waiting?.reject(new Error('the connection was closed')))
  }

  get isClosed(): boolean {
    return this.#socket.destroyed || !this.#socket.writable
  }

  send(request: Uint8Array): Promise<Answer> {
    this.#waiting = Promise.withResolvers<Answer>()
    this.#socket.write(request)
    return this.#waiting.promise
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    // What nobody asked for is a goodbye to who has asked nothing for long.
    if (this.#waiting === undefined) {
      this.close()
      return
    }
    let body = chunk
    if (this.#chunks.length === 0) {
      const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
      const end = bytes.indexOf(HEAD_END)
      if (end < 0) {
        this.#held = bytes
        return
      }
      const head = bytes.toString('latin1', 0, end)
      this.#held = Buffer.alloc(0)
      this.#status = Number(head.slice(9, 12))
      this.#left = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN)
      if (Number.isNaN(this.#left)) throw new Error('an answer without its length')
      body = bytes.subarray(end + HEAD_END.length)
    }
    this.#chunks.push(body)
    this.#left -= body.length
    if (this.#left > 0) return
    const whole = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    this.#chunks = []
    this.#waiting.resolve({ status: this.#status, body: whole })
    this.#waiting = undefined
  }
}
