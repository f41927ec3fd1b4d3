/** What a node needs from outside, and what it offers: composition roots (bin, testnet) connect the two. */
import type { AesCbc, Crypto, Descriptor, Millis, NodeId, RandomBytes } from '@starling/protocol'
import type { Clock, Link, LinkReply, Logger } from '@starling/runtime'
import type { NodeObserver } from './metrics/observer.ts'
import type { ServerExit } from './relay/server-exit.ts'
import type { NodeStore } from './storage/node-store.ts'

/** Requests to other nodes, over links on which both sides have proven their node keys. */
export interface PeerNetwork {
  /** @throws {PeerError} any code */
  request(
    to: Descriptor,
    kind: number,
    payload: Uint8Array,
    options: { readonly signal: AbortSignal; readonly timeout: Millis },
  ): Promise<LinkReply>
}

/** Plain requests to bootstrap URLs, before a node has a directory. What comes back is verified by signature. */
export interface BootstrapNetwork {
  /**
   * Announces the signed descriptor; answers with the newest directory document, or nothing if there is none yet.
   *
   * @throws {PeerError} `unreachable`, `refused`, `not_admitted`, `wrong_time`
   */
  announce(
    baseUrl: string,
    signedDescriptor: Uint8Array,
    options: { readonly signal: AbortSignal },
  ): Promise<Uint8Array | undefined>
}

export type NodePorts = {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly crypto: Crypto
  readonly logger: Logger
  readonly store: NodeStore
  readonly peers: PeerNetwork
  readonly bootstrap: BootstrapNetwork
  readonly observer?: NodeObserver
  /** The way to servers outside the network; without it there is none. */
  readonly exit?: ServerExit
  /** Only where the operator accepts onion layers that nothing authenticates. */
  readonly aesCbc?: AesCbc
}

/** What anybody may ask over HTTP. */
export type PublicRequest =
  | { readonly kind: 'rpc'; readonly body: Uint8Array }
  | { readonly kind: 'onion'; readonly body: Uint8Array }
  | { readonly kind: 'seed'; readonly body: Uint8Array }
  | { readonly kind: 'announce'; readonly body: Uint8Array }
  | { readonly kind: 'directory'; readonly epoch: number | 'latest' }
  | { readonly kind: 'network' }
  | { readonly kind: 'health' }

export type PublicAnswer = {
  readonly status: number
  readonly contentType: 'application/json' | 'text/plain' | 'application/octet-stream'
  readonly body: Uint8Array
}

/** The client at the other end of a link, to whom a node may push. */
export type LinkPeer = Pick<Link, 'request' | 'closed'>

/** A running node, as its servers see it: functions from request to answer. */
export interface NodeSurfaces {
  answer(request: PublicRequest, signal: AbortSignal): Promise<PublicAnswer>
  /** A request of a client over `/link`. `peer` is the same object for all of a link's requests; without it nothing is pushed. */
  answerLink(kind: number, payload: Uint8Array, signal: AbortSignal, peer?: LinkPeer): Promise<LinkReply>
  /** A request over a peer link; `from` has proven its key. */
  answerPeer(from: NodeId, kind: number, payload: Uint8Array, signal: AbortSignal): Promise<LinkReply>
}
