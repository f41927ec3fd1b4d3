/** Links over WebSockets, of browsers and of `ws` alike: one frame in each binary message. */
import { type Clock, type FrameCarrier, type Link, LinkSession } from '@starling/runtime'
import { TransportError } from './transport-error.ts'
import { HEARTBEAT } from './transport-limits.ts'

/** What we use of a WebSocket. Of the events, whose types differ, we read `data` alone. */
export interface FrameSocket {
  binaryType: string
  readonly bufferedAmount: number
  send(data: Uint8Array<ArrayBuffer>): void
  close(): void
  onopen: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
}

/**
 * The link over a socket that is being opened. The socket belongs to it: aborting closes it.
 *
 * @throws {TransportError} `unreachable`
 */
export function linkOverWebSocket(socket: FrameSocket, options: { clock: Clock; signal: AbortSignal }): Promise<Link> {
  const { clock, signal } = options
  socket.binaryType = 'arraybuffer'
  return new Promise((resolve, reject) => {
    const fail = (reason: unknown) => {
      signal.removeEventListener('abort', onAbort)
      socket.close()
      reject(reason)
    }
    const onAbort = () => fail(signal.reason)
    signal.addEventListener('abort', onAbort)
    socket.onerror = () => fail(new TransportError('unreachable'))
    socket.onclose = () => fail(new TransportError('unreachable'))
    socket.onopen = () => {
      signal.removeEventListener('abort', onAbort)
      resolve(startSession(socket, clock))
    }
    if (signal.aborted) onAbort()
  })
}

function startSession(socket: FrameSocket, clock: Clock): Link {
  const session = new LinkSession({ carrier: carrierOf(socket), clock, heartbeat: HEARTBEAT })
  socket.onmessage = ({ data }: { readonly data: unknown }) => {
    if (data instanceof ArrayBuffer) session.receive(new Uint8Array(data))
    else session.closedByCarrier('protocol') // text is no frame
  }
  // What went wrong is told by the `close` that always follows.
  socket.onerror = () => {}
  socket.onclose = () => session.closedByCarrier()
  return session
}

function carrierOf(socket: FrameSocket): FrameCarrier {
  return {
    send: (frame) => socket.send(frame as Uint8Array<ArrayBuffer>), // never shared memory: encodeFrame allocates it
    get bufferedBytes() {
      return socket.bufferedAmount
    },
    close: () => socket.close(),
  }
}
