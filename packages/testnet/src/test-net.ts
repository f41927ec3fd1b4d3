/**
 * A whole network in one process, on virtual time and from one seed: real nodes and real clients; only wires, disks and
 * clocks are simulated.
 *
 *     await using net = await TestNet.create({ nodes: 12, swarmSize: 3, seed: 7 })
 *     const [alice, bob] = await net.clients('alice', 'bob')
 */

import { MemoryFileStorage } from '@starling/client/testing'
import { admissionByInvitation } from '@starling/node'
import type { ServerExit } from '@starling/node/testing'
import {
  accountIdKey,
  type Crypto,
  DirectoryView,
  days,
  decodeDocument,
  type Millis,
  type NetworkFile,
  type NodeId,
  parseAccountId,
  type RandomBytes,
  SecretKey,
  seconds,
} from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { type MemoryLogger, memoryLogger, seededRandom, settle, VirtualClock } from '@starling/runtime/testing'
import { SimulatedNetwork } from './simulated-network.ts'
import { addressOf, SimulatedNode } from './simulated-node.ts'
import { TestClient } from './test-client.ts'

export type TestNetOptions = {
  readonly nodes: number
  readonly swarmSize: number
  /** Fixes everything that is random. */
  readonly seed: number
  readonly parameters?: Partial<NetworkFile['parameters']>
  /** Servers outside the network, and the way of last hops to them. */
  readonly outside?: Pick<NetworkFile, 'exits' | 'previews'> & { readonly exit: ServerExit }
}

const PARAMETERS = {
  hops: 3,
  epochLength: seconds(20),
  documentLifetime: days(1),
  dropAfter: seconds(60),
  publicTtlLimit: days(14),
  privateTtlLimit: days(30),
} as const

export class TestNet implements AsyncDisposable {
  readonly seed: number
  readonly clock = new VirtualClock()
  readonly random: RandomBytes
  readonly crypto: Crypto
  readonly network: SimulatedNetwork
  readonly networkFile: NetworkFile
  readonly nodes: readonly SimulatedNode[]
  readonly files: MemoryFileStorage = new MemoryFileStorage()
  /** Of all nodes and clients: what a test of privacy looks into. */
  readonly log: MemoryLogger = memoryLogger()
  readonly #clients: TestClient[] = []

  /** A network whose nodes are up and whose first directory document is formed. */
  static async create(options: TestNetOptions): Promise<TestNet> {
    const net = new TestNet(options)
    const started = Promise.all(net.nodes.map((node) => node.start()))
    await net.#until(() => net.#isFormed(), seconds(30))
    await started
    return net
  }

  private constructor({ nodes, swarmSize, seed, parameters, outside }: TestNetOptions) {
    const { exit, ...servers } = outside ?? {}
    this.seed = seed
    this.random = seededRandom(seed)
    this.crypto = createNativeCrypto()
    this.network = new SimulatedNetwork({ clock: this.clock, random: this.random })
    const keys = Array.from({ length: nodes }, () => this.crypto.ed25519KeyPair(this.random(32)))
    const directoryKeys = this.crypto.ed25519KeyPair(this.random(32))
    this.networkFile = {
      version: 1,
      name: 'Simulated',
      directoryKeys: [directoryKeys.publicKey],
      threshold: 1,
      bootstrap: [`http://${addressOf(0)}`],
      parameters: { ...PARAMETERS, swarmSize, ...parameters },
      ...servers,
    }
    const admission = admissionByInvitation(keys.map(({ publicKey }) => this.#idOf(publicKey)))
    this.nodes = keys.map(
      (pair, index) =>
        new SimulatedNode({
          index,
          keys: pair,
          crypto: this.crypto,
          random: this.random,
          clock: this.clock,
          logger: this.log,
          network: this.network,
          exit,
          networkFile: this.networkFile,
          nodeIdAt: (address) => this.nodeAt(address)?.nodeId,
          nodeAt: (address) => this.nodeAt(address),
          ...(index === 0 && {
            directory: { keyIndex: 0, secretKey: new SecretKey(directoryKeys.secretKey), admission },
          }),
        }),
    )
  }

  /** New accounts, connected; their names are the names of their machines. */
  async clients<const Names extends readonly string[]>(
    ...names: Names
  ): Promise<{ -readonly [Key in keyof Names]: TestClient }> {
    const clients = await Promise.all(names.map((name) => TestClient.create(this, name)))
    this.#clients.push(...clients)
    await this.#until(() => clients.every((client) => client.isConnected), seconds(60))
    return clients as { -readonly [Key in keyof Names]: TestClient }
  }

  nodeAt(address: string): SimulatedNode | undefined {
    return this.nodes.find((node) => node.address === address)
  }

  nodeById(nodeId: NodeId): SimulatedNode {
    return this.nodes.find((node) => node.nodeId === nodeId)!
  }

  /** The members of an account's swarm, as the newest directory document has it. */
  swarmOf(accountId: string): SimulatedNode[] {
    const members = this.directory.swarmOf(accountIdKey(parseAccountId(accountId)))?.members ?? []
    return members.map(({ descriptor }) => this.nodeById(descriptor.nodeId))
  }

  /** The newest document of any running node. */
  get directory(): DirectoryView {
    const documents = this.nodes.flatMap((node) => node.node?.keeper.get('latest') ?? []).map(decodeDocument)
    return new DirectoryView(documents.toSorted((a, b) => b.epoch - a.epoch)[0]!)
  }

  stop(nodes: readonly SimulatedNode[]): void {
    for (const node of nodes) node.stop()
  }

  /** As by `kill -9` or a power cut. */
  crash(nodes: readonly SimulatedNode[]): void {
    for (const node of nodes) node.crash()
  }

  async start(nodes: readonly SimulatedNode[]): Promise<void> {
    const starting = Promise.all(nodes.map((node) => node.start()))
    await this.clock.advance(seconds(1))
    await starting
  }

  /** Lets virtual time pass. */
  async advance(duration: Millis): Promise<void> {
    await this.clock.advance(duration)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stopping = Promise.all(this.#clients.map((client) => client[Symbol.asyncDispose]()))
    this.stop(this.nodes)
    const all = Promise.all([stopping, ...this.nodes.map((node) => node.settled())])
    // Whoever still waits for a timeout gets it.
    await this.clock.advance(seconds(120))
    await all
    this.network.dispose()
    await settle()
  }

  #isFormed(): boolean {
    return this.nodes.every((node) => node.node?.keeper.view.snapshot?.nodes.size === this.nodes.length)
  }

  async #until(condition: () => boolean, limit: Millis): Promise<void> {
    const end = this.clock.monotonic() + limit
    while (!condition()) {
      if (this.clock.monotonic() >= end)
        throw new Error(`TestNet with seed ${this.seed}: not within ${limit} ms of virtual time`)
      await this.clock.advance(seconds(1))
    }
  }

  #idOf(publicKey: Uint8Array): NodeId {
    return Buffer.from(publicKey).toString('hex') as NodeId
  }
}
