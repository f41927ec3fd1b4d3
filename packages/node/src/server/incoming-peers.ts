/**
 * Who may have a link to the peer port. Nodes of the directory always find a place: each has at most two links, and the
 * older one goes. Keys that nobody knows share a few places for a few seconds: a node that has just been admitted, or has
 * no directory yet, needs no more to be probed and to hear of one.
 */
import type { TLSSocket } from 'node:tls'
import type { NodeId } from '@starling/protocol'
import type { Clock, Logger } from '@starling/runtime'
import { Caller } from './callers.ts'
import type { Gate } from './gate.ts'
import { MAX_LINKS_PER_PEER, STRANGER_TIMEOUT_MS } from './limits.ts'
import { PeerLink, type PeerSurfaces } from './peer-link.ts'

export type IncomingPeersOptions = {
  readonly gate: Gate
  readonly clock: Clock
  readonly logger: Logger
}

type Incoming = {
  readonly link: PeerLink
  readonly address: Caller
  /** Whose place among the strangers it has; undefined from when the directory knows its key. */
  stranger: Caller | undefined
  /** Undefined as long as the directory knows the key. */
  strangeSince: number | undefined
}

export class IncomingPeers implements AsyncDisposable {
  readonly #options: IncomingPeersOptions
  /** Oldest first. */
  readonly #links = new Map<PeerLink, Incoming>()
  readonly #byNode = new Map<NodeId, PeerLink[]>()

  constructor(options: IncomingPeersOptions) {
    this.#options = options
  }

  /** Takes a connection whose handshake has proven `nodeId`. */
  accept(socket: TLSSocket, nodeId: NodeId, surfaces: PeerSurfaces): void {
    const { gate, clock } = this.#options
    const isKnown = surfaces.knows(nodeId)
    const address = gate.callerOf(socket.remoteAddress)
    if (!isKnown && !gate.hasRoomForLink(address)) this.#endStranger(address)
    const stranger = isKnown ? undefined : gate.openLink(address)
    const link = new PeerLink({ ...this.#options, socket, nodeId, surfaces, caller: stranger ?? new Caller() })
    const incoming = { link, address, stranger, strangeSince: isKnown ? undefined : clock.monotonic() }
    this.#links.set(link, incoming)
    this.#endSurplus(link)
    void link.session.closed.then(() => {
      this.#giveBack(incoming)
      this.#remove(link)
    })
  }

  /** Ends who has stayed unknown for too long, and who reads nothing. */
  watch(surfaces: PeerSurfaces): void {
    const now = this.#options.clock.monotonic()
    for (const incoming of this.#links.values()) {
      incoming.link.watch(now)
      if (surfaces.knows(incoming.link.nodeId)) {
        incoming.strangeSince = undefined
        this.#giveBack(incoming)
      } else incoming.strangeSince ??= now
      if (incoming.strangeSince !== undefined && now - incoming.strangeSince >= STRANGER_TIMEOUT_MS) {
        incoming.link.destroy()
      }
    }
  }

  get size(): number {
    return this.#links.size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#links.keys()].map((link) => link.session[Symbol.asyncDispose]()))
  }

  #giveBack(incoming: Incoming): void {
    if (incoming.stranger) this.#options.gate.closeLink(incoming.stranger)
    incoming.stranger = undefined
  }

  /** A node that started again does not know of the links that it had. */
  #endSurplus(link: PeerLink): void {
    const links = this.#byNode.get(link.nodeId) ?? []
    links.push(link)
    this.#byNode.set(link.nodeId, links)
    for (const old of links.splice(0, links.length - MAX_LINKS_PER_PEER)) old.destroy()
  }

  /** Makes room: the oldest of the same address goes, or of all if that has none. */
  #endStranger(address: Caller): void {
    let oldest: PeerLink | undefined
    for (const { link, stranger, address: other } of this.#links.values()) {
      if (!stranger) continue
      oldest ??= link
      if (other !== address) continue
      oldest = link
      break
    }
    oldest?.destroy()
  }

  #remove(link: PeerLink): void {
    this.#links.delete(link)
    const rest = this.#byNode.get(link.nodeId)?.filter((other) => other !== link) ?? []
    if (rest.length > 0) this.#byNode.set(link.nodeId, rest)
    else this.#byNode.delete(link.nodeId)
  }
}
