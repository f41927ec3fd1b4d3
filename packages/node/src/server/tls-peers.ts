/**
 * Links between nodes: one TLS 1.3 connection a pair, link frames on it. Both sides show a certificate whose key is their
 * node key, so the handshake proves both node IDs; who is *let in* is decided above, by the directory. docs/protocol/link.md.
 */
import { connect, createServer, type TLSSocket } from 'node:tls'
import { type Descriptor, FrameReader, type Millis, millis, type NodeId, seconds } from '@starling/protocol'
import {
  type Clock,
  type FrameCarrier,
  LinkError,
  type LinkReply,
  LinkSession,
  type Logger,
  TimeoutError,
  withTimeout,
} from '@starling/runtime'
import { PeerError } from '../peer-error.ts'
import type { NodeSurfaces, PeerNetwork } from '../ports.ts'
import { peerNodeId, type TlsIdentity } from './certificate.ts'
import { trackSockets } from './open-sockets.ts'

const CONNECT_TIMEOUT = seconds(4)
const HEARTBEAT = { interval: seconds(5), timeout: seconds(5) }
// Onion requests that are held for a minute share a link with everything else between two nodes.
const MAX_PENDING_PER_LINK = 20_000
const MAX_INCOMING_LINKS = 5_000

export type TlsPeersOptions = {
  readonly identity: TlsIdentity
  readonly host: string
  readonly port: number
  readonly clock: Clock
  readonly logger: Logger
}

export class TlsPeers implements PeerNetwork, AsyncDisposable {
  readonly #options: TlsPeersOptions
  readonly #links = new Map<NodeId, LinkSession>()
  readonly #connecting = new Map<NodeId, Promise<LinkSession>>()
  readonly #incoming = new Set<LinkSession>()
  readonly #server
  readonly #endSockets: () => void
  #surfaces: NodeSurfaces | undefined
  readonly #closing = new AbortController()

  constructor(options: TlsPeersOptions) {
    this.#options = options
    this.#server = createServer(
      {
        ...options.identity,
        requestCert: true,
        rejectUnauthorized: false,
        minVersion: 'TLSv1.3',
        handshakeTimeout: CONNECT_TIMEOUT,
      },
      (socket) => this.#accept(socket),
    )
    this.#endSockets = trackSockets(this.#server)
  }

  /** Starts to listen; requests of peers go to `surfaces`. */
  async listen(surfaces: NodeSurfaces): Promise<void> {
    this.#surfaces = surfaces
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    this.#server.on('error', () => this.#options.logger.error('peer.server_failed'))
  }

  async request(
    to: Descriptor,
    kind: number,
    payload: Uint8Array,
    options: { readonly signal: AbortSignal; readonly timeout: Millis },
  ): Promise<LinkReply> {
    const { clock } = this.#options
    const started = clock.monotonic()
    try {
      const link = await withTimeout(clock, options.timeout, options.signal, () => this.#linkTo(to))
      // Connecting counts: who asks is promised an answer within the timeout.
      const timeout = millis(Math.max(options.timeout - (clock.monotonic() - started), 1))
      return await link.request(kind, payload, { signal: options.signal, timeout })
    } catch (error) {
      if (error instanceof TimeoutError) throw new PeerError('timeout', { cause: error })
      if (!(error instanceof LinkError)) throw error
      throw new PeerError(error.code === 'protocol' ? 'closed' : error.code, { cause: error })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    const closed = new Promise((resolve) => this.#server.close(resolve))
    await Promise.allSettled(this.#connecting.values())
    await Promise.all([...this.#links.values(), ...this.#incoming].map((link) => link[Symbol.asyncDispose]()))
    this.#endSockets()
    await closed
  }

  async #linkTo(to: Descriptor): Promise<LinkSession> {
    const nodeId = to.nodeId
    const existing = this.#links.get(nodeId)
    if (existing) return existing
    if (this.#closing.signal.aborted) throw new PeerError('closed')
    let connecting = this.#connecting.get(nodeId)
    if (!connecting) {
      connecting = this.#connect(to, nodeId).finally(() => this.#connecting.delete(nodeId))
      this.#connecting.set(nodeId, connecting)
    }
    return connecting
  }

  async #connect(to: Descriptor, nodeId: NodeId): Promise<LinkSession> {
    const { clock, identity } = this.#options
    let socket: TLSSocket | undefined
    try {
      return await withTimeout(clock, CONNECT_TIMEOUT, this.#closing.signal, async (signal) => {
        const { promise, resolve, reject } = Promise.withResolvers<void>()
        socket = connect(
          { ...identity, host: to.address, port: to.peerPort, rejectUnauthorized: false, minVersion: 'TLSv1.3' },
          resolve,
        )
        socket.setNoDelay(true)
        socket.once('error', reject)
        signal.addEventListener('abort', () => reject(signal.reason))
        await promise
        socket.off('error', reject)
        if (peerNodeId(socket) !== nodeId) throw new PeerError('unreachable')
        const link = this.#adopt(socket, nodeId)
        this.#links.set(nodeId, link)
        void link.closed.then(() => this.#links.get(nodeId) === link && this.#links.delete(nodeId))
        return link
      })
    } catch (error) {
      socket?.destroy()
      throw new PeerError('unreachable', { cause: error })
    }
  }

  #accept(socket: TLSSocket): void {
    const nodeId = peerNodeId(socket)
    if (nodeId === undefined || this.#incoming.size >= MAX_INCOMING_LINKS || this.#closing.signal.aborted) {
      socket.destroy()
      return
    }
    socket.setNoDelay(true)
    const link = this.#adopt(socket, nodeId)
    this.#incoming.add(link)
    void link.closed.then(() => this.#incoming.delete(link))
  }

  #adopt(socket: TLSSocket, nodeId: NodeId): LinkSession {
    const reader = new FrameReader()
    const link = new LinkSession({
      carrier: carrierOf(socket),
      clock: this.#options.clock,
      handler: async (kind, payload, signal) => {
        if (!this.#surfaces) return { status: 503, body: new Uint8Array() }
        return this.#surfaces.answerPeer(nodeId, kind, payload, signal)
      },
      maxPending: MAX_PENDING_PER_LINK,
      heartbeat: HEARTBEAT,
      onFailure: () => this.#options.logger.error('peer.request_failed'),
    })
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const frame of reader.push(chunk)) link.receive(frame)
      } catch {
        // Not a frame: whoever is there does not speak our protocol.
        this.#options.logger.warn('peer.malformed_frame')
        socket.destroy()
      }
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => link.closedByCarrier())
    return link
  }
}

function carrierOf(socket: TLSSocket): FrameCarrier {
  return {
    send: (frame) => {
      if (socket.writable) socket.write(frame)
    },
    get bufferedBytes() {
      return socket.writableLength
    },
    close: () => socket.destroySoon(),
  }
}
