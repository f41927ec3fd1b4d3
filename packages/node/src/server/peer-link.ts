/** One TLS connection between two nodes as a link: frames are cut out of it, and what comes is held to limits. */
import type { TLSSocket } from 'node:tls'
import { FrameKind, FrameReader, type NodeId, seconds } from '@starling/protocol'
import { type Clock, LinkSession, type Logger } from '@starling/runtime'
import type { NodeSurfaces } from '../ports.ts'
import { type Asker, answerAsker, isControl } from './asker.ts'
import type { Caller, RequestClass } from './callers.ts'
import { corkedByTurn } from './cork.ts'
import type { Gate } from './gate.ts'
import { HeldFrames } from './held-frames.ts'
import { MAX_PENDING_PER_PEER_LINK } from './limits.ts'

const HEARTBEAT = { interval: seconds(5), timeout: seconds(5) }

/** What peers may ask for, and whether the directory knows one. */
export type PeerSurfaces = Pick<NodeSurfaces, 'answerPeer'> & { readonly knows: (nodeId: NodeId) => boolean }

export type PeerLinkOptions = {
  readonly socket: TLSSocket
  /** What the handshake has proven. */
  readonly nodeId: NodeId
  readonly surfaces: PeerSurfaces
  readonly gate: Gate
  readonly caller: Caller
  readonly clock: Clock
  readonly logger: Logger
}

export class PeerLink {
  readonly nodeId: NodeId
  readonly session: LinkSession
  readonly #socket: TLSSocket
  readonly #held: HeldFrames
  readonly #clock: Clock

  constructor(options: PeerLinkOptions) {
    const { socket, nodeId, gate, caller, clock, logger, surfaces } = options
    this.nodeId = nodeId
    this.#socket = socket
    this.#clock = clock
    this.#held = new HeldFrames({ gate, caller, unsentBytes: () => socket.writableLength })
    const asker: Asker = { gate, caller, cutOff: () => socket.destroy(), refusals: 0 }
    this.session = new LinkSession({
      carrier: this.#carrier(),
      clock,
      handler: (kind, payload, signal) =>
        answerAsker(asker, {
          class: classOf(kind, surfaces.knows(nodeId)),
          payload,
          answer: () => surfaces.answerPeer(nodeId, kind, payload, signal),
        }),
      maxPending: MAX_PENDING_PER_PEER_LINK,
      heartbeat: HEARTBEAT,
      onFailure: () => logger.error('peer.request_failed'),
    })
    this.#listen(asker, options)
  }

  /** Looks whether what was sent is read. */
  watch(now: number): void {
    if (!this.#held.measure(now)) this.#socket.destroy()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #carrier() {
    const socket = this.#socket
    const cork = corkedByTurn(socket)
    return {
      send: (frame: Uint8Array) => {
        if (!socket.writable) return
        cork()
        socket.write(frame)
        this.#held.measure(this.#clock.monotonic())
      },
      get bufferedBytes() {
        return socket.writableLength
      },
      close: () => socket.destroySoon(),
    }
  }

  #listen({ gate, caller }: Asker, { socket, logger, surfaces, nodeId }: PeerLinkOptions): void {
    const reader = new FrameReader()
    socket.on('data', (chunk: Buffer) => {
      if (!this.#held.came(chunk.length)) socket.destroy()
      try {
        for (const frame of reader.push(chunk)) {
          this.#held.completed()
          // Of nodes that we know much is to be cancelled when much goes wrong.
          if (isControl(frame.kind) && !surfaces.knows(nodeId) && gate.pass(caller, 'control')) socket.destroy()
          else this.session.receive(frame)
        }
      } catch {
        // Not a frame: whoever is there does not speak our protocol.
        logger.warn('peer.malformed_frame')
        socket.destroy()
      }
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#held.close()
      this.session.closedByCarrier()
    })
  }
}

/** Publishing costs the verification of a large document: it has a rate for everybody. Strangers have one for everything. */
function classOf(kind: number, isKnown: boolean): RequestClass | undefined {
  return isKnown && kind !== FrameKind.publish ? undefined : 'directory'
}
