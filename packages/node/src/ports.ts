/** What a node needs from outside: composition roots (bin, testnet) provide it. */
import type { Crypto, Millis, NodeId, RandomBytes } from '@starling/protocol'
import type { Clock, LinkReply, Logger } from '@starling/runtime'
import type { NodeStore } from './storage/node-store.ts'

export type { LinkReply } from '@starling/runtime'

/** Requests to other nodes of the directory, over authenticated links. */
export interface PeerNetwork {
  /** @throws {PeerError} `unreachable`, `timeout`, `closed` */
  request(
    to: NodeId,
    kind: number,
    payload: Uint8Array,
    options: { readonly signal: AbortSignal; readonly timeout: Millis },
  ): Promise<LinkReply>
}

/** Plain requests to bootstrap URLs, before a node has a directory. What comes back is verified by signature. */
export interface BootstrapNetwork {
  /** Announces the descriptor; answers with the newest directory document, or nothing if there is none yet. @throws {PeerError} */
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
}
