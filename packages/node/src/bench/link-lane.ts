/** One link to a node: frames in a WebSocket, as many requests at once as are sent. */
import { decodeFrame, decodeReply, encodeFrame } from '@starling/protocol'
import { WebSocket } from 'ws'
import type { Answer, Lane } from './lane.ts'

const REQUEST_ID_AT = 4

/** The bytes of a whole request, made before the clock starts; only its number is missing. */
export function linkRequest(kind: number, payload: Uint8Array): Uint8Array {
  return encodeFrame({ requestId: 0, kind, payload })
}

/** @param source address of the loopback network to come from: nodes limit requests by address */
export async function openLinkLane(port: number, source?: string, path = '/link'): Promise<Lane> {
  const socket = new WebSocket(`wss://127.0.0.1:${port}${path}`, {
    rejectUnauthorized: false,
    perMessageDeflate: false,
    ...(source !== undefined && { localAddress: source }),
  })
  socket.binaryType = 'nodebuffer'
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('open', () => resolve())
  })
  return new LinkLane(socket)
}

class LinkLane implements Lane {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, PromiseWithResolvers<Answer>>()
  #nextId = 0

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: Buffer) => {
      const { requestId, payload } = decodeFrame(data)
      this.#waiting.get(requestId)?.resolve(decodeReply(payload))
      this.#waiting.delete(requestId)
    })
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the link was closed'))
    })
  }

  get isClosed(): boolean {
    return this.#socket.readyState !== this.#socket.OPEN
  }

  send(request: Uint8Array): Promise<Answer> {
    const id = this.#nextId++
    new DataView(request.buffer, request.byteOffset).setUint32(REQUEST_ID_AT, id)
    const waiting = Promise.withResolvers<Answer>()
    this.#waiting.set(id, waiting)
    this.#socket.send(request)
    return waiting.promise
  }

  close(): void {
    this.#socket.terminate()
  }
}
