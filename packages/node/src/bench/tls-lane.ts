/** Frames on a bare TLS connection, many at once, as between two nodes. */
import { connect, type TLSSocket } from 'node:tls'
import { decodeReply, FrameReader } from '@starling/protocol'
import type { Answer, Lane } from './lane.ts'

const REQUEST_ID_AT = 4

export async function openTlsLane(port: number): Promise<Lane> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  socket.setNoDelay(true)
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('secureConnect', () => resolve())
  })
  return new TlsLane(socket)
}

class TlsLane implements Lane {
  readonly #socket: TLSSocket
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #nextId = 0

  constructor(socket: TLSSocket) {
    this.#socket = socket
    const reader = new FrameReader()
    socket.on('data', (chunk: Buffer) => {
      for (const { requestId, payload } of reader.push(chunk)) {
        this.#waiting.get(requestId)?.(decodeReply(payload))
        this.#waiting.delete(requestId)
      }
    })
  }

  get isClosed(): boolean {
    return !this.#socket.writable
  }

  send(request: Uint8Array): Promise<Answer> {
    const id = this.#nextId++
    // Many are under way at once, and all are this one: each needs its own number.
    const numbered = Buffer.from(request)
    numbered.writeUInt32BE(id, REQUEST_ID_AT)
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.#socket.write(numbered)
    })
  }

  close(): void {
    this.#socket.destroy()
  }
}
