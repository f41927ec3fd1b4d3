/** Nine nodes in three swarms, each a process of its own, that can be stopped, killed, frozen, cut off and robbed of their disk. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DirectoryView, decodeDocument, type NodeId, toHex } from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { ask, get } from './https.ts'
import { type ChaosNode, layOut, NODES, SWARM_SIZE } from './lay-out.ts'
import { PeerProxies } from './peer-proxies.ts'

const PATIENCE_MS = 60_000
const POLL_MS = 100
const PROGRAM = process.env['STARLING_BUNDLED_NODE'] ?? fileURLToPath(import.meta.resolve('@starling/node/bin'))
/** What an operator would have a copy of; everything else is lost with a disk. */
const KEPT = ['node.key']

export type Health = {
  readonly ready: boolean
  readonly nodes: number
  readonly swarms: number
  readonly hints: number
}

const crypto = createNativeCrypto()

export class ChaosNetwork implements AsyncDisposable {
  readonly nodes: readonly ChaosNode[]
  readonly folder: string
  readonly #proxies: PeerProxies
  /** Logs and databases, for people who look for what went wrong. */
  keepsFolder = false
  #view: DirectoryView | undefined

  private constructor(folder: string, nodes: readonly ChaosNode[]) {
    this.folder = folder
    this.nodes = nodes
    this.#proxies = new PeerProxies(nodes.map(({ place }) => place))
    process.once('exit', this.#killAll)
  }

  /** All nodes are up, and know each other. */
  static async start(): Promise<ChaosNetwork> {
    const folder = mkdtempSync(join(tmpdir(), 'starling-chaos-'))
    const network = new ChaosNetwork(folder, await layOut(folder))
    try {
      await network.#form()
      return network
    } catch (error) {
      await network[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Members of each swarm. */
  get swarms(): readonly (readonly ChaosNode[])[] {
    const view = this.#view!
    return view.swarmIds.map((id) => this.#nodesOf(view.swarm(id)!.members.map(({ descriptor }) => descriptor.nodeId)))
  }

  /** @param ownerKey 32 bytes */
  membersOf(ownerKey: Uint8Array): readonly ChaosNode[] {
    const members = this.#view!.swarmOf(ownerKey)?.members ?? []
    return this.#nodesOf(members.map(({ descriptor }) => descriptor.nodeId))
  }

  start(node: ChaosNode): void {
    if (node.child) return
    const log = openSync(join(node.folder, 'node.log'), 'a')
    const child = spawn(process.execPath, [PROGRAM, '--config', join(node.folder, 'node.json')], {
      stdio: ['ignore', log, log],
      env: { ...process.env, NODE_COMPILE_CACHE: join(this.folder, 'cache') },
    })
    closeSync(log)
    node.child = child
    node.place.pid = child.pid
    child.once('exit', () => {
      node.child = undefined
      node.place.pid = undefined
    })
  }

  /** `SIGKILL`: as a power cut; `SIGTERM`: as an operator does. */
  async end(node: ChaosNode, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { child } = node
    if (!child) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  /** Nothing of it moves until `thaw`, and its connections stay open. */
  freeze(node: ChaosNode): void {
    node.child?.kill('SIGSTOP')
  }

  thaw(node: ChaosNode): void {
    node.child?.kill('SIGCONT')
  }

  cut(node: ChaosNode, others: readonly ChaosNode[]): void {
    for (const other of others) this.#proxies.cut(node.index, other.index)
  }

  mend(node: ChaosNode, others: readonly ChaosNode[]): void {
    for (const other of others) this.#proxies.mend(node.index, other.index)
  }

  /** Of a node that does not run. */
  wipe(node: ChaosNode): void {
    const data = join(node.folder, 'data')
    for (const name of readdirSync(data)) if (!KEPT.includes(name)) rmSync(join(data, name), { recursive: true })
  }

  async health(node: ChaosNode): Promise<Health | undefined> {
    const answer = await get(node.httpsPort, '/health')
    return answer && (JSON.parse(Buffer.from(answer.body).toString()) as Health)
  }

  /** Whether it answers for its swarm: one that has not yet compared itself with the others refuses to. */
  async isSynced(node: ChaosNode): Promise<boolean> {
    const params = { pubkey: `05${ownerKeyIn(this, node)}`, namespace: -10 }
    return (await ask(node.httpsPort, 'retrieve', params))?.status === 200
  }

  /** Until the node is ready, and says so; an error if it ends, or after a minute. */
  async untilHealthy(node: ChaosNode, isWell: (health: Health) => boolean = () => true): Promise<void> {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await pause(POLL_MS)) {
      if (!node.child) throw new Error(`node ${node.index} ended: ${lastLine(join(node.folder, 'node.log'))}`)
      const health = await this.health(node)
      if (health?.ready && isWell(health)) return
    }
    throw new Error(`node ${node.index} did not get well within ${PATIENCE_MS / 1000} s`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => this.end(node, 'SIGKILL')))
    process.off('exit', this.#killAll)
    await this.#proxies[Symbol.asyncDispose]()
    if (!this.keepsFolder) rmSync(this.folder, { recursive: true, force: true })
  }

  readonly #killAll = () => {
    for (const { child } of this.nodes) child?.kill('SIGKILL')
  }

  async #form(): Promise<void> {
    await this.#proxies.listen()
    // The directory member comes last, when those that it waits for are there.
    for (const node of this.nodes.toReversed()) this.start(node)
    const isFormed = ({ nodes, swarms }: Health) => nodes === NODES && swarms === NODES / SWARM_SIZE
    await Promise.all(this.nodes.map((node) => this.untilHealthy(node, isFormed)))
    const document = await get(this.nodes[0]!.httpsPort, '/directory/latest')
    this.#view = new DirectoryView(decodeDocument(document!.body))
  }

  #nodesOf(ids: readonly NodeId[]): readonly ChaosNode[] {
    return this.nodes.filter(({ nodeId }) => ids.includes(nodeId))
  }
}

/** A key whose messages the node keeps. */
function ownerKeyIn(network: ChaosNetwork, node: ChaosNode): string {
  for (let fill = 0; ; fill++) {
    const key = crypto.blake2b(32, Uint8Array.of(fill))
    if (network.membersOf(key).includes(node)) return toHex(key)
  }
}

function lastLine(path: string): string {
  return readFileSync(path, 'utf8').trim().split('\n').at(-1) ?? ''
}

/** Seconds, for stories. */
export function sinceStart(): string {
  return process.uptime().toFixed(1)
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
