/** A node on simulated wires: the real `StarlingNode`, a disk that outlives it, a clock that may be wrong. */

import { type BootstrapNetwork, type NodeSettings, PeerError, type PeerNetwork, StarlingNode } from '@starling/node'
import { MemoryDisk, openMemoryStore, type ServerExit } from '@starling/node/testing'
import {
  type Crypto,
  type Descriptor,
  type Ed25519KeyPair,
  type Ipv4Address,
  millis,
  type NetworkFile,
  type NodeId,
  nodeIdOf,
  parseIpv4Address,
  type RandomBytes,
  SecretKey,
} from '@starling/protocol'
import { LinkError, type LinkHandler, type LinkSession, type Logger } from '@starling/runtime'
import type { SkewedClock, VirtualClock } from '@starling/runtime/testing'
import { NoRouteError, type SimulatedNetwork } from './simulated-network.ts'

const DISK_WRITE = millis(3)

export type SimulatedNodeOptions = {
  readonly index: number
  readonly keys: Ed25519KeyPair
  readonly crypto: Crypto
  readonly random: RandomBytes
  readonly clock: VirtualClock
  readonly logger: Logger
  readonly network: SimulatedNetwork
  /** The way to servers that the network file lists. */
  readonly exit?: ServerExit | undefined
  readonly networkFile: NetworkFile
  readonly directory?: NodeSettings['directory']
  readonly nodeIdAt: (address: string) => NodeId | undefined
  readonly nodeAt: (address: string) => SimulatedNode | undefined
}

export class SimulatedNode {
  readonly nodeId: NodeId
  readonly address: Ipv4Address
  readonly disk: MemoryDisk
  /** The machine's own clock: set `offset` to make it wrong. */
  readonly clock: SkewedClock
  readonly #options: SimulatedNodeOptions
  #running: { readonly node: StarlingNode; readonly links: Map<string, LinkSession> } | undefined
  /** Stops that are still under way: a start waits for them. */
  #settling: Promise<void> = Promise.resolve()

  constructor(options: SimulatedNodeOptions) {
    this.#options = options
    this.nodeId = nodeIdOf(options.keys.publicKey)
    this.address = addressOf(options.index)
    this.clock = options.clock.skewed(millis(0))
    this.disk = new MemoryDisk({ clock: options.clock, writeDelay: DISK_WRITE })
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  get node(): StarlingNode | undefined {
    return this.#running?.node
  }

  async start(): Promise<void> {
    await this.#settling
    if (this.#running) return
    const { crypto, random, network, logger } = this.#options
    const links = new Map<string, LinkSession>()
    const store = await openMemoryStore(this.disk)
    const node = new StarlingNode(this.#settings(), {
      clock: this.clock,
      random,
      crypto,
      logger,
      store,
      peers: this.#peers(links),
      bootstrap: this.#bootstrap(),
      ...(this.#options.exit && { exit: this.#options.exit }),
    })
    this.#running = { node, links }
    network.attach(this.address, (from) => this.#accept(node, from))
    await node.start()
  }

  /** Switched off in good order. */
  stop(): void {
    const running = this.#running
    this.#running = undefined
    if (!running) return
    this.#settling = (async () => {
      await this.#options.network.detach(this.address)
      await running.node[Symbol.asyncDispose]()
    })()
  }

  /**
   * Power fails: what the disk has not written is gone.
   *
   * @param torn how many writes reached the disk although nobody heard of it
   */
  crash({ torn = 0 }: { readonly torn?: number } = {}): void {
    this.disk.crash({ torn })
    this.stop()
  }

  /** Its disk breaks, and it will start with an empty one. */
  loseDisk(): void {
    this.disk.wipe()
    this.stop()
  }

  async settled(): Promise<void> {
    await this.#settling
  }

  #settings(): NodeSettings {
    const { keys, crypto, networkFile, directory } = this.#options
    return {
      network: networkFile,
      secretKey: new SecretKey(keys.secretKey),
      descriptor: {
        version: 1,
        nodeId: this.nodeId,
        encryptionKey: crypto.ed25519ToX25519(keys.publicKey),
        address: this.address,
        httpsPort: 22_021,
        peerPort: 22_020,
        certificateHash: new Uint8Array(32),
        webUrl: `http://${this.address}`,
        operator: `operator-${this.#options.index}`,
        softwareVersion: 'simulated',
        capabilities: 0,
      },
      ...(directory && { directory }),
    }
  }

  #accept(node: StarlingNode, from: string): LinkHandler {
    const peer = this.#options.nodeIdAt(from)
    return peer === undefined
      ? (kind, payload, signal) => node.answerLink(kind, payload, signal)
      : (kind, payload, signal) => node.answerPeer(peer, kind, payload, signal)
  }

  #peers(links: Map<string, LinkSession>): PeerNetwork {
    return {
      request: async (to, kind, payload, options) => {
        try {
          const link = links.get(to.address) ?? (await this.#connect(links, to, options.signal))
          return await link.request(kind, payload, options)
        } catch (error) {
          throw this.#peerError(error)
        }
      },
    }
  }

  async #connect(links: Map<string, LinkSession>, to: Descriptor, signal: AbortSignal): Promise<LinkSession> {
    const link = await this.#options.network.connect(this.address, to.address, { signal })
    const other = links.get(to.address)
    if (other) {
      await link[Symbol.asyncDispose]()
      return other
    }
    links.set(to.address, link)
    void link.closed.then(() => links.get(to.address) === link && links.delete(to.address))
    return link
  }

  #bootstrap(): BootstrapNetwork {
    return {
      announce: async (baseUrl, signedDescriptor, { signal }) => {
        const host = new URL(baseUrl).hostname
        try {
          const answer = await this.#options.network.roundTrip(this.address, host, {
            signal,
            sent: signedDescriptor,
            answer: async () =>
              this.#options.nodeAt(host)?.node?.answer({ kind: 'announce', body: signedDescriptor }, signal),
          })
          return answer?.status === 200 ? answer.body : undefined
        } catch (error) {
          throw this.#peerError(error)
        }
      },
    }
  }

  #peerError(error: unknown): unknown {
    if (error instanceof NoRouteError) return new PeerError('unreachable', { cause: error })
    if (error instanceof LinkError)
      return new PeerError(error.code === 'protocol' ? 'closed' : error.code, { cause: error })
    return error
  }
}

/** Each in a /24 of its own, as on a public network. */
export function addressOf(index: number): Ipv4Address {
  return parseIpv4Address(`10.${Math.floor(index / 250)}.${index % 250}.1`)
}
