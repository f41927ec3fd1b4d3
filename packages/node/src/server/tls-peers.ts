/**
 * Links between nodes: one TLS 1.3 connection a pair, link frames on it. Both sides show a certificate whose key is their
 * node key, so the handshake proves both node IDs; who is *let in* is decided above, by the directory. docs/protocol/link.md.
 */
import { connect, createServer, type TLSSocket } from 'node:tls'
import { type Descriptor, type Millis, millis, type NodeId, seconds } from '@starling/protocol'
import {
  type Clock,
  LinkError,
  type LinkReply,
  type LinkSession,
  type Logger,
  TaskGroup,
  TimeoutError,
  withTimeout,
} from '@starling/runtime'
import { PeerError } from '../peer-error.ts'
import type { NodeSurfaces, PeerNetwork } from '../ports.ts'
import { Caller } from './callers.ts'
import { peerNodeId, type TlsIdentity } from './certificate.ts'
import { Gate } from './gate.ts'
import { Handshakes } from './handshakes.ts'
import { IncomingPeers } from './incoming-peers.ts'
import {
  MAX_PEER_HANDSHAKES,
  MAX_PEER_REQUESTS,
  MAX_STRANGER_LINKS,
  type ServerLimits,
  STRANGER_REQUESTS_PER_SECOND,
} from './limits.ts'
import { trackSockets } from './open-sockets.ts'
import { PeerLink, type PeerSurfaces } from './peer-link.ts'

const CONNECT_TIMEOUT = seconds(4)
const WATCH_INTERVAL = millis(1_000)
/** Nothing older, and only groups whose keys are made for one connection: what was recorded stays unreadable. */
const TLS = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ecdhCurve: 'X25519MLKEM768:X25519' } as const

const NO_BODY = new Uint8Array()

export type TlsPeersOptions = {
  readonly identity: TlsIdentity
  readonly host: string
  readonly port: number
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: ServerLimits
}

export class TlsPeers implements PeerNetwork, AsyncDisposable {
  readonly #options: TlsPeersOptions
  readonly #gate: Gate
  readonly #links = new Map<NodeId, LinkSession>()
  readonly #connecting = new Map<NodeId, Promise<LinkSession>>()
  readonly #incoming: IncomingPeers
  readonly #handshakes: Handshakes
  readonly #server
  readonly #endSockets: () => void
  readonly #tasks = new TaskGroup({ onFailure: () => this.#options.logger.error('peer.task_failed') })
  #surfaces: PeerSurfaces | undefined
  readonly #closing = new AbortController()

  constructor(options: TlsPeersOptions) {
    this.#options = options
    this.#gate = gateOf(options)
    this.#incoming = new IncomingPeers({ ...options, gate: this.#gate })
    this.#handshakes = new Handshakes(this.#gate)
    this.#server = createServer(
      { ...options.identity, ...TLS, requestCert: true, rejectUnauthorized: false, handshakeTimeout: CONNECT_TIMEOUT },
      (socket) => this.#accept(socket),
    )
    // A handshake that takes too long is reported here, and else left as it is.
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy())
    this.#endSockets = trackSockets(this.#server, (socket) => this.#handshakes.begin(socket))
  }

  /** Starts to listen; requests of peers go to `answering`. @param options.knows whether the directory has a node. */
  async listen(answering: NodeSurfaces, options: { readonly knows: (nodeId: NodeId) => boolean }): Promise<void> {
    const surfaces: PeerSurfaces = {
      answerPeer: (from, kind, payload, signal) => answering.answerPeer(from, kind, payload, signal),
      knows: options.knows,
    }
    this.#surfaces = surfaces
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    this.#server.on('error', () => this.#options.logger.error('peer.server_failed'))
    this.#tasks.run('watch', async (signal) => {
      while (!signal.aborted) {
        await this.#options.clock.sleep(WATCH_INTERVAL, { signal })
        this.#incoming.watch(surfaces)
      }
    })
  }

  /** With other nodes: those that we opened, and those that they did. */
  get openLinks(): number {
    return this.#links.size + this.#incoming.size
  }

  async request(
    to: Descriptor,
    kind: number,
    payload: Uint8Array,
    options: { readonly signal: AbortSignal; readonly timeout: Millis },
  ): Promise<LinkReply> {
    const { clock } = this.#options
    try {
      const open = this.#links.get(to.nodeId)
      if (open) return await open.request(kind, payload, options)
      const started = clock.monotonic()
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
    await Promise.all([...this.#links.values(), this.#incoming].map((link) => link[Symbol.asyncDispose]()))
    this.#endSockets()
    await closed
    await this.#tasks[Symbol.asyncDispose]()
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
          { ...identity, ...TLS, host: to.address, port: to.peerPort, rejectUnauthorized: false },
          resolve,
        )
        socket.setNoDelay(true)
        socket.once('error', reject)
        signal.addEventListener('abort', () => reject(signal.reason))
        await promise
        socket.off('error', reject)
        if (peerNodeId(socket) !== nodeId) throw new PeerError('unreachable')
        const link = this.#open(socket, nodeId)
        this.#links.set(nodeId, link)
        void link.closed.then(() => this.#links.get(nodeId) === link && this.#links.delete(nodeId))
        return link
      })
    } catch (error) {
      socket?.destroy()
      throw new PeerError('unreachable', { cause: error })
    }
  }

  /** Whom we asked may ask us on the same link. */
  #open(socket: TLSSocket, nodeId: NodeId): LinkSession {
    const surfaces = this.#surfaces ?? { knows: () => false, answerPeer: async () => ({ status: 503, body: NO_BODY }) }
    return new PeerLink({ ...this.#options, gate: this.#gate, caller: new Caller(), socket, nodeId, surfaces }).session
  }

  #accept(socket: TLSSocket): void {
    const nodeId = peerNodeId(socket)
    this.#handshakes.end(socket)
    if (nodeId === undefined || !this.#surfaces || this.#closing.signal.aborted) {
      socket.destroy()
      return
    }
    socket.setNoDelay(true)
    this.#incoming.accept(socket, nodeId, this.#surfaces)
  }
}

/** Nodes that we know have no rate, and large shares; everybody else has little of anything. */
function gateOf({ clock, limits }: TlsPeersOptions): Gate {
  return new Gate({
    clock,
    limits: {
      ...limits,
      directoryPerSecond: STRANGER_REQUESTS_PER_SECOND,
      connections: MAX_PEER_HANDSHAKES,
      links: MAX_STRANGER_LINKS,
      requests: MAX_PEER_REQUESTS,
    },
  })
}
