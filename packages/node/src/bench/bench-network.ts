/** A network of real nodes for the benchmark: one process each, bundled where `STARLING_BUNDLED_NODE` names a bundle, all on one core. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, openSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Crypto,
  DirectoryView,
  days,
  formatNetworkFile,
  type NetworkFile,
  type NodeEntry,
  type NodeId,
  nodeIdOf,
  seconds,
  toHex,
  verifyDocument,
} from '@starling/protocol'
import { systemRandom } from '@starling/runtime'
import { NODE_CORE, pinned } from './affinity.ts'

const START_PATIENCE_MS = 90_000
const POLL_MS = 100
const PORTS_PER_NODE = 3

export type BenchNode = {
  readonly nodeId: NodeId
  readonly folder: string
  readonly httpsPort: number
  readonly webUrl: string
  child: ChildProcess | undefined
}

export class BenchNetwork implements AsyncDisposable {
  readonly nodes: readonly BenchNode[]
  readonly #file: NetworkFile
  readonly #crypto: Crypto
  readonly #isPinned: boolean
  #view: DirectoryView | undefined

  private constructor(nodes: readonly BenchNode[], file: NetworkFile, crypto: Crypto, isPinned: boolean) {
    this.nodes = nodes
    this.#file = file
    this.#crypto = crypto
    this.#isPinned = isPinned
  }

  /** Makes keys and configurations, starts the nodes, and waits until all are in the directory and ready. */
  static async start(options: {
    readonly folder: string
    readonly nodes: number
    readonly swarmSize: number
    readonly crypto: Crypto
    readonly isPinned: boolean
  }): Promise<BenchNetwork> {
    const { nodes, file } = await layOut(options)
    const network = new BenchNetwork(nodes, file, options.crypto, options.isPinned)
    try {
      for (const node of nodes) network.startNode(node)
      await network.untilReady()
    } catch (error) {
      await network[Symbol.asyncDispose]()
      throw error
    }
    return network
  }

  get view(): DirectoryView {
    return this.#view!
  }

  get pids(): readonly number[] {
    return this.nodes.flatMap(({ child }) => child?.pid ?? [])
  }

  nodeOf(entry: NodeEntry): BenchNode {
    return this.nodes.find(({ nodeId }) => nodeId === entry.descriptor.nodeId)!
  }

  startNode(node: BenchNode): void {
    const program =
      process.env['STARLING_BUNDLED_NODE'] ?? fileURLToPath(new URL('../bin/starling-node.ts', import.meta.url))
    const command = [process.execPath, ...nodeFlags(), program, '--config', join(node.folder, 'node.json')]
    const [file, ...args] = pinned(this.#isPinned ? NODE_CORE : undefined, command)
    const log = openSync(join(node.folder, 'node.log'), 'a')
    node.child = spawn(file, args, { stdio: ['ignore', log, log] })
  }

  async stopNode(node: BenchNode, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const { child } = node
    node.child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await ended
  }

  /** Until every running node knows all nodes, and says that it is ready. */
  async untilReady(): Promise<void> {
    const end = performance.now() + START_PATIENCE_MS
    for (;;) {
      const running = this.nodes.filter(({ child }) => child !== undefined)
      const states = await Promise.all(running.map(({ webUrl }) => healthOf(webUrl)))
      if (states.every((state) => state?.ready === true && state.nodes === this.nodes.length)) break
      const ended = running.find(({ child }) => child!.exitCode !== null)
      if (ended) throw new Error(`a node ended with status ${ended.child!.exitCode}: ${join(ended.folder, 'node.log')}`)
      if (performance.now() > end) throw new Error('the nodes did not get ready')
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
    const response = await fetch(`${this.nodes[0]!.webUrl}/directory/latest`)
    this.#view = new DirectoryView(
      verifyDocument(this.#crypto, this.#file, new Uint8Array(await response.arrayBuffer())),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => this.stopNode(node)))
  }
}

/** What a node says of itself; `undefined` if it does not answer. */
export async function healthOf(
  webUrl: string,
): Promise<{ ready: boolean; nodes: number; messages: number } | undefined> {
  try {
    return (await (await fetch(`${webUrl}/health`)).json()) as { ready: boolean; nodes: number; messages: number }
  } catch {
    return undefined
  }
}

/** For trying what the engine's switches give. */
function nodeFlags(): readonly string[] {
  return process.env['STARLING_BENCH_NODE_FLAGS']?.split(' ').filter((flag) => flag !== '') ?? []
}

async function layOut(options: {
  readonly folder: string
  readonly nodes: number
  readonly swarmSize: number
  readonly crypto: Crypto
}): Promise<{ nodes: BenchNode[]; file: NetworkFile }> {
  const { folder, crypto } = options
  const random = systemRandom()
  const ports = await freePorts(options.nodes * PORTS_PER_NODE)
  const createKey = (path: string) => {
    const seed = random(32)
    writeFileSync(path, toHex(seed), { mode: 0o600 })
    return crypto.ed25519KeyPair(seed).publicKey
  }
  const nodes = Array.from({ length: options.nodes }, (_, index): BenchNode => {
    const nodeFolder = join(folder, String(index))
    mkdirSync(join(nodeFolder, 'data'), { recursive: true })
    const nodeId = nodeIdOf(createKey(join(nodeFolder, 'data', 'node.key')))
    const webUrl = `http://127.0.0.1:${ports[PORTS_PER_NODE * index + 2]}`
    return { nodeId, folder: nodeFolder, httpsPort: ports[PORTS_PER_NODE * index]!, webUrl, child: undefined }
  })
  const file: NetworkFile = {
    version: 1,
    name: 'Benchmark',
    directoryKeys: [createKey(join(folder, 'directory.key'))],
    threshold: 1,
    bootstrap: [nodes[0]!.webUrl],
    parameters: {
      swarmSize: options.swarmSize,
      hops: 3,
      epochLength: seconds(20),
      documentLifetime: days(1),
      dropAfter: days(1),
      publicTtlLimit: days(14),
      privateTtlLimit: days(30),
    },
  }
  writeFileSync(join(folder, 'network.json'), formatNetworkFile(file))
  for (const [index, node] of nodes.entries()) {
    const config = {
      network: '../network.json',
      dataFolder: 'data',
      host: '127.0.0.1',
      address: '127.0.0.1',
      httpsPort: node.httpsPort,
      peerPort: ports[PORTS_PER_NODE * index + 1],
      web: { host: '127.0.0.1', port: ports[PORTS_PER_NODE * index + 2], url: node.webUrl },
      operator: `bench ${index}`,
      logLevel: 'warn',
      // The load comes from one machine, as fast as it gets answers.
      limits: { perAddress: false },
      ...(index === 0 && { directory: { keyFile: '../directory.key', invited: nodes.map(({ nodeId }) => nodeId) } }),
    }
    writeFileSync(join(node.folder, 'node.json'), JSON.stringify(config))
  }
  return { nodes, file }
}

/** Ports of the loopback interface that nobody listens on now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer()
      return new Promise<typeof server>((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
