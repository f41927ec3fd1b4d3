/** What a node gives to one address, to one link, and to all together. docs/protocol/http.md §2; an operator may change the numbers. */

export type ServerLimits = {
  /**
   * Whether one address or link is held to rates and to a fair share. Without it only the totals hold: for a network on one
   * machine, where everything comes from one address.
   */
  readonly perAddress: boolean
  /** Storage requests a second of one address, and half as many of one link; two seconds' worth at once. */
  readonly rpcPerSecond: number
  /** Onion requests a second of one address, and half as many of one link; two seconds' worth at once. */
  readonly onionPerSecond: number
  /** Requests for documents, announcements and all other routes a second of one address; five seconds' worth at once. */
  readonly directoryPerSecond: number
  /** New connections a second of one address; six seconds' worth at once. */
  readonly connectionsPerSecond: number
  /** Addresses whose rates are remembered while they ask nothing. */
  readonly addresses: number
  /** Connections of clients, also those that are no more than begun. */
  readonly connections: number
  /** Of the connections, those that are links. */
  readonly links: number
  /** Requests of clients under way, also those that are held. */
  readonly requests: number
  /** Bytes of requests that have come and of answers that have not left, of all clients; as much again of all nodes. */
  readonly bytes: number
}

export const DEFAULT_LIMITS: ServerLimits = {
  perAddress: true,
  rpcPerSecond: 300,
  onionPerSecond: 300,
  directoryPerSecond: 20,
  connectionsPerSecond: 50,
  addresses: 10_000,
  connections: 10_000,
  links: 5_000,
  requests: 20_000,
  bytes: 268_435_456,
}

/**
 * Bytes of a request and its answer that count as much as another request. With the rates above, an address may move
 * 20 MB a second of each kind.
 */
export const BYTES_PER_TOKEN = { rpc: 65_536, onion: 65_536, directory: 1_048_576 } as const
/** Requests under way on one connection: nobody sends more before an answer has come. */
export const MAX_PIPELINED = 16
/** Requests that came too fast, less those that did not, before a connection is closed: refusing costs something, too. */
export const MAX_REFUSALS = 64
/** Requests under way on a client's link; and so many that came too fast, less those that did not, close it. */
export const MAX_PENDING_PER_LINK = 256
/** Frames of a link that are looked at before it is the turn of the others. */
export const FRAMES_PER_TURN = 8
/** What a piece of a body or frame costs besides its bytes, so that single bytes do not cost more than is counted. */
export const CHUNK_OVERHEAD_BYTES = 128
/** Onion requests that are held for a minute share a link with everything else between two nodes. */
export const MAX_PENDING_PER_PEER_LINK = 20_000
/** Requests of nodes under way, from all of them: one alone gets a fifth. */
export const MAX_PEER_REQUESTS = 100_000
/** A node keeps one link to another; a second one may be there while the first one is found to be dead. */
export const MAX_LINKS_PER_PEER = 2
/** Connections to the peer port that have not yet proven a key. */
export const MAX_PEER_HANDSHAKES = 1_000
/** Links of keys that are not in the directory: beyond it, the oldest goes. One address gets a fifth. */
export const MAX_STRANGER_LINKS = 64
/** After which a key that the directory still does not know is cut off. */
export const STRANGER_TIMEOUT_MS = 10_000
/** Requests a second of one such key, and documents a second that one node publishes; five seconds' worth at once. */
export const STRANGER_REQUESTS_PER_SECOND = 4
