/** `GET /link`: native clients ask over one WebSocket, a link frame in each binary message. docs/protocol/link.md. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { FrameKind, type Millis, millis, seconds } from '@starling/protocol'
import { type Clock, LinkSession, type Logger, TaskGroup } from '@starling/runtime'
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws'
import type { NodeSurfaces } from '../ports.ts'
import { type Asker, answerAsker, isControl } from './asker.ts'
import type { Caller, RequestClass } from './callers.ts'
import { corkedByTurn } from './cork.ts'
import type { Gate } from './gate.ts'
import { HeldFrames } from './held-frames.ts'
import { MAX_BODY_BYTES } from './http-body.ts'
import type { RunningServer } from './http-server.ts'
import { MAX_PENDING_PER_LINK } from './limits.ts'
import { Turns } from './turns.ts'

/** Of answers that nobody reads: beyond it they become 503, at twice as much the link closes. */
const MAX_BUFFERED = 2 * MAX_BODY_BYTES
const HEARTBEAT = { interval: seconds(25), timeout: seconds(15) }
/** How often it is looked for links that read nothing. */
const STALLED_INTERVAL = millis(1_000)
const FRAME_HEADER_BYTES = 9
const KIND_OFFSET = FRAME_HEADER_BYTES - 1
/** Pieces that a message may come in: it is whole frames that people send. */
const MAX_FRAGMENTS = 1_024
const MAX_CHUNKS = 32_768
const CLOSE_TIMEOUT_MS = 5_000

export type LinkServerOptions = {
  readonly surfaces: NodeSurfaces
  readonly gate: Gate
  readonly clock: Clock
  readonly logger: Logger
  /** 25 and 15 s: a link that is silent for both together is closed, also in the middle of a frame. */
  readonly heartbeat?: { readonly interval: Millis; readonly timeout: Millis }
  /** For who reads an answer: 60 s, and more for large ones. */
  readonly answerTimeout?: Millis
}

/** Serves links on these servers' ports until disposed. */
export function startLinkServer(servers: readonly RunningServer[], options: LinkServerOptions): AsyncDisposable {
  return new LinkServer(servers, options)
}

type OpenLink = Asker & { readonly webSocket: WebSocket; readonly session: LinkSession; readonly held: HeldFrames }

class LinkServer implements AsyncDisposable {
  readonly #options: LinkServerOptions
  readonly #links = new Set<OpenLink>()
  readonly #tasks = new TaskGroup({ onFailure: () => this.#options.logger.error('link.task_failed') })
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_BODY_BYTES + FRAME_HEADER_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_CHUNKS,
    closeTimeout: CLOSE_TIMEOUT_MS,
    // The declarations of the library do not know `closeTimeout`.
  } as ServerOptions)

  constructor(servers: readonly RunningServer[], options: LinkServerOptions) {
    this.#options = options
    for (const running of servers) {
      running.server.on('upgrade', (request, socket: Duplex, head) => this.#upgrade(running, request, socket, head))
    }
    this.#tasks.run('watch', (signal) => this.#watch(signal))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tasks[Symbol.asyncDispose]()
    await Promise.all([...this.#links].map(({ session }) => session[Symbol.asyncDispose]()))
    this.#sockets.close()
    // Whoever does not answer the closing would keep the server open.
    for (const client of this.#sockets.clients) client.terminate()
  }

  #upgrade(running: RunningServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { gate } = this.#options
    // Nobody else listens any more, and what nobody hears ends the process.
    socket.on('error', () => socket.destroy())
    const address = running.callerOf(request)
    if ((request.url ?? '').split('?', 1)[0] !== '/link') refuse(socket, '404 Not Found')
    else if (gate.pass(address, 'rpc')) refuse(socket, '429 Too Many Requests')
    else if (!gate.hasRoomForLink(address)) refuse(socket, '503 Service Unavailable')
    else this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#adopt(webSocket, socket, address))
  }

  #adopt(webSocket: WebSocket, socket: Duplex, address: Caller): void {
    const { surfaces, gate, clock, logger } = this.#options
    const caller = gate.openLink(address)
    const held = new HeldFrames({ gate, caller, unsentBytes: () => webSocket.bufferedAmount })
    const cork = corkedByTurn(socket)
    const session = new LinkSession({
      carrier: {
        send: (frame) => {
          if (webSocket.readyState !== webSocket.OPEN) return
          cork()
          webSocket.send(frame)
          held.measure(clock.monotonic())
        },
        get bufferedBytes() {
          return webSocket.bufferedAmount
        },
        close: () => webSocket.close(),
      },
      clock,
      handler: (kind, payload, signal) =>
        answerAsker(link, {
          class: classOf(kind),
          payload,
          answer: () => surfaces.answerLink(kind, payload, signal, session),
        }),
      maxPending: MAX_PENDING_PER_LINK,
      maxBuffered: MAX_BUFFERED,
      heartbeat: this.#options.heartbeat ?? HEARTBEAT,
      onFailure: () => logger.error('link.request_failed'),
    })
    const link: OpenLink = { webSocket, session, held, gate, caller, cutOff: () => webSocket.terminate(), refusals: 0 }
    this.#links.add(link)
    // Before the WebSocket cuts it into messages.
    socket.prependListener('data', (chunk: Buffer) => held.came(chunk.length) || webSocket.terminate())
    const turns = new Turns({ take: (data) => this.#receive(link, data), source: webSocket })
    webSocket.on('message', (data: Buffer, isBinary) => {
      held.completed()
      if (isBinary) turns.add(data)
      else webSocket.close(1003)
    })
    webSocket.on('ping', () => gate.pass(caller, 'control') && webSocket.terminate())
    webSocket.on('error', () => webSocket.terminate())
    webSocket.on('close', () => {
      this.#links.delete(link)
      held.close()
      gate.closeLink(caller)
      session.closedByCarrier()
    })
  }

  #receive(link: OpenLink, frame: Buffer): void {
    // What came with the frame that a link was cut off for waits still.
    if (link.webSocket.readyState !== WebSocket.OPEN) return
    // Pings and cancels need no answer of the node's, but work.
    if (isControl(frame[KIND_OFFSET] ?? 0) && link.gate.pass(link.caller, 'control')) link.cutOff()
    else link.session.receive(frame)
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, answerTimeout } = this.#options
    while (!signal.aborted) {
      await clock.sleep(STALLED_INTERVAL, { signal })
      for (const { held, webSocket } of this.#links) {
        if (!held.measure(clock.monotonic(), answerTimeout)) webSocket.terminate()
      }
    }
  }
}

function classOf(kind: number): RequestClass {
  if (kind === FrameKind.rpc || kind === FrameKind.monitor) return 'rpc'
  return kind === FrameKind.onion ? 'onion' : 'directory'
}

function refuse(socket: Duplex, status: string): void {
  const retry = status.startsWith('404') ? '' : 'Retry-After: 1\r\n'
  socket.end(`HTTP/1.1 ${status}\r\n${retry}Connection: close\r\nContent-Length: 0\r\n\r\n`)
}
