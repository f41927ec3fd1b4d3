/** `GET /link`: native clients ask over one WebSocket, a link frame in each binary message. docs/protocol/link.md. */
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { seconds } from '@starling/protocol'
import { type Clock, type FrameCarrier, LinkSession, type Logger } from '@starling/runtime'
import { type WebSocket, WebSocketServer } from 'ws'
import type { NodeSurfaces } from '../ports.ts'
import { MAX_BODY_BYTES } from './http-server.ts'

const FRAME_OVERHEAD_BYTES = 9
const MAX_LINKS = 5_000
const MAX_PENDING_PER_LINK = 256
const HEARTBEAT = { interval: seconds(25), timeout: seconds(15) }

export type LinkServerOptions = { readonly surfaces: NodeSurfaces; readonly clock: Clock; readonly logger: Logger }

/** Serves links on these servers' ports until disposed. */
export function startLinkServer(servers: readonly Server[], options: LinkServerOptions): AsyncDisposable {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_BODY_BYTES + FRAME_OVERHEAD_BYTES,
  })
  const links = new Set<LinkSession>()
  for (const server of servers) {
    server.on('upgrade', (request, socket: Duplex, head) => {
      // Nobody else listens any more, and what nobody hears ends the process.
      socket.on('error', () => socket.destroy())
      if ((request.url ?? '').split('?', 1)[0] !== '/link' || links.size >= MAX_LINKS) {
        socket.end(
          `HTTP/1.1 ${links.size >= MAX_LINKS ? '503 Service Unavailable' : '404 Not Found'}\r\nConnection: close\r\n\r\n`,
        )
        return
      }
      sockets.handleUpgrade(request, socket, head, (webSocket) => adopt(webSocket, links, options))
    })
  }
  return {
    async [Symbol.asyncDispose]() {
      await Promise.all([...links].map((link) => link[Symbol.asyncDispose]()))
      sockets.close()
      // Whoever does not answer the closing would keep the server open.
      for (const client of sockets.clients) client.terminate()
    },
  }
}

function adopt(webSocket: WebSocket, links: Set<LinkSession>, options: LinkServerOptions): void {
  const link = new LinkSession({
    carrier: carrierOf(webSocket),
    clock: options.clock,
    handler: (kind, payload, signal) => options.surfaces.answerLink(kind, payload, signal),
    maxPending: MAX_PENDING_PER_LINK,
    heartbeat: HEARTBEAT,
    onFailure: () => options.logger.error('link.request_failed'),
  })
  links.add(link)
  webSocket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) link.receive(data)
    else webSocket.close(1003)
  })
  webSocket.on('error', () => webSocket.terminate())
  webSocket.on('close', () => {
    links.delete(link)
    link.closedByCarrier()
  })
}

function carrierOf(webSocket: WebSocket): FrameCarrier {
  return {
    send: (frame) => {
      if (webSocket.readyState === webSocket.OPEN) webSocket.send(frame)
    },
    get bufferedBytes() {
      return webSocket.bufferedAmount
    },
    close: () => webSocket.close(),
  }
}
