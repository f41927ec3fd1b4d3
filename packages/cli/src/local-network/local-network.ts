/**
 * A network of nodes on this machine, each a process of its own. Invariants: one program at a time runs the network of a
 * folder, held by `run.json`; no process outlives the disposal; a node that ends by itself is reported, not replaced.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { type Crypto, DirectoryView, millis, type NetworkFile, seconds, verifyDocument } from '@starling/protocol'
import { type Clock, systemClock, systemRandom } from '@starling/runtime'
import { createNativeCrypto } from '@starling/runtime/native'
import { CliError } from '../cli-error.ts'
import { fetchDocument, fetchHealth, type NodeHealth } from './health.ts'
import { type Layout, loadNodesPath, logPath, type NodePlace, networkPath, webUrlOf } from './layout.ts'
import { formatLoadNodes } from './load-nodes.ts'
import { NodeProcess } from './node-process.ts'
import { claimFolder, openLayout, type Tools } from './open-folder.ts'
import type { LocalNetworkOptions, LocalNode } from './options.ts'
import { type NamedProcess, type RunFile, releaseRun, updateRun } from './run-file.ts'

/** A node that was dropped from the directory comes back with the next epoch. */
const PATIENCE = seconds(45)
const POLL = millis(100)

/**
 * Starts the network of a folder, which is made if there is none, and waits until its nodes are ready. Nodes that end or
 * are not ready in time are missing from it; their state is in `nodes` and their logs in the folder.
 *
 * @throws {NetworkRunningError} `network_running`
 * @throws {CliError} `port_taken`, `network_file`, `folder_not_ours`, `network_differs`; `network_not_ready`, if no node
 *   got ready. Nothing runs after any of these.
 */
export async function startLocalNetwork(options: LocalNetworkOptions): Promise<LocalNetwork> {
  const network = await LocalNetwork.open(options)
  try {
    await network.start()
    return network
  } catch (error) {
    await network[Symbol.asyncDispose]()
    throw error
  }
}

type Running = { readonly place: NodePlace; readonly runner: NodeProcess }

export class LocalNetwork implements AsyncDisposable {
  readonly folder: string
  readonly networkFile: NetworkFile
  readonly #options: LocalNetworkOptions
  readonly #clock: Clock
  readonly #crypto: Crypto
  readonly #nodes: readonly Running[]
  readonly #signal: AbortSignal
  readonly #killAtExit = () => this.killNow()
  #run: RunFile

  private constructor(options: LocalNetworkOptions, tools: Tools, layout: Layout, run: RunFile) {
    this.folder = options.folder
    this.networkFile = layout.network
    this.#options = options
    this.#clock = tools.clock
    this.#crypto = tools.crypto
    this.#run = run
    this.#signal = options.signal ?? new AbortController().signal
    this.#nodes = layout.nodes.map((place) => ({
      place,
      runner: new NodeProcess({
        folder: this.folder,
        name: place.name,
        clock: tools.clock,
        appFolder: options.appFolder,
        program: options.program,
        onUnexpectedEnd: (name, how) => this.#onUnexpectedEnd(name, how),
      }),
    }))
  }

  /** Takes the folder and its ports; no node runs yet. Dispose it, also if `start` fails. */
  static async open(options: LocalNetworkOptions): Promise<LocalNetwork> {
    const { folder } = options
    const tools = {
      clock: options.clock ?? systemClock(),
      random: options.random ?? systemRandom(),
      crypto: createNativeCrypto(),
    }
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const run = await claimFolder(options, tools.clock)
    try {
      const network = new LocalNetwork(options, tools, await openLayout(options, tools), run)
      process.once('exit', network.#killAtExit)
      return network
    } catch (error) {
      releaseRun(folder)
      throw error
    }
  }

  get networkFilePath(): string {
    return networkPath(this.folder)
  }

  get nodes(): readonly LocalNode[] {
    return this.#nodes.map(({ place, runner }) => ({
      name: place.name,
      nodeId: place.nodeId,
      webUrl: webUrlOf(place),
      httpsPort: place.httpsPort,
      pid: runner.record?.pid,
    }))
  }

  /**
   * Starts all nodes and waits until they are ready, have ended or take too long; how many are ready.
   *
   * @throws {CliError} `network_not_ready`, if none is.
   */
  async start(): Promise<number> {
    this.#options.onEvent?.({ kind: 'starting', ready: 0, of: this.#nodes.length })
    for (const { runner } of this.#nodes) runner.start()
    this.#record()
    const ready = await this.#untilReady(this.#nodes)
    if (ready === 0) throw this.#notReady()
    await this.#writeLoadNodes()
    return ready
  }

  /** Stops one node as an operator would. */
  async stop(name: string): Promise<void> {
    await this.#node(name).runner.stop()
    this.#record()
  }

  /** Kills one node with signal 9. */
  async kill(name: string): Promise<void> {
    await this.#node(name).runner.kill()
    this.#record()
  }

  /**
   * Starts one node again, after stopping it if it runs, and waits until it is ready.
   *
   * @throws {CliError} `network_not_ready`
   */
  async restart(name: string): Promise<void> {
    const node = this.#node(name)
    await node.runner.stop()
    node.runner.start()
    this.#record()
    if ((await this.#untilReady([node])) === 0) throw this.#notReady()
  }

  /** What the node says of itself; `undefined`, if it does not answer. */
  async health(name: string): Promise<NodeHealth | undefined> {
    return fetchHealth(webUrlOf(this.#node(name).place), this.#fetching())
  }

  /** The newest directory that a running node knows. */
  async directory(): Promise<DirectoryView | undefined> {
    for (const { place, runner } of this.#nodes) {
      const encoded = runner.isRunning ? await fetchDocument(webUrlOf(place), this.#fetching()) : undefined
      if (encoded) return new DirectoryView(verifyDocument(this.#crypto, this.networkFile, encoded))
    }
    return undefined
  }

  /** Tells others where the app is. */
  setAppUrl(appUrl: string): void {
    this.#run = { ...this.#run, appUrl }
    this.#record()
  }

  /** Kills all nodes with signal 9, at once. Dispose the network nevertheless. */
  killNow(): void {
    for (const { runner } of this.#nodes) runner.killNow()
  }

  /** Stops all nodes, each within ten seconds, and lets go of the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#nodes.map(({ runner }) => runner.stop()))
    process.off('exit', this.#killAtExit)
    releaseRun(this.folder)
  }

  #node(name: string): Running {
    const found = this.#nodes.find(({ place }) => place.name === name)
    if (!found) throw new CliError('invalid_input', `There is no node ${name} in this network.`)
    return found
  }

  /** How many got ready within the patience; it is over early when all that still run did. */
  async #untilReady(nodes: readonly Running[]): Promise<number> {
    const started = this.#clock.monotonic()
    for (;;) {
      this.#signal.throwIfAborted()
      const running = nodes.filter(({ runner }) => runner.isRunning)
      const healths = await Promise.all(running.map(({ place }) => fetchHealth(webUrlOf(place), this.#fetching())))
      // Also each other: a node that knows an older directory would not find some of them.
      const ready = healths.filter((health) => health?.ready && health.nodes >= running.length).length
      this.#options.onEvent?.({ kind: 'starting', ready, of: nodes.length })
      if (ready === running.length) return ready
      if (this.#clock.monotonic() - started >= (this.#options.patience ?? PATIENCE)) return ready
      await this.#clock.sleep(POLL, { signal: this.#signal })
    }
  }

  async #writeLoadNodes(): Promise<void> {
    const view = await this.directory()
    const places = this.#nodes.map(({ place }) => place)
    if (view) writeFileSync(loadNodesPath(this.folder), formatLoadNodes(places, view))
  }

  #fetching(): { clock: Clock; signal: AbortSignal } {
    return { clock: this.#clock, signal: this.#signal }
  }

  #record(): void {
    const nodes = this.#nodes.flatMap(({ place, runner }): NamedProcess[] =>
      runner.record ? [{ name: place.name, ...runner.record }] : [],
    )
    this.#run = { ...this.#run, nodes }
    updateRun(this.folder, this.#run)
  }

  #onUnexpectedEnd(name: string, how: string): void {
    const left = this.#nodes.filter(({ runner }) => runner.isRunning).length
    this.#record()
    this.#options.onEvent?.({ kind: 'nodeEnded', name, how, logFile: logPath(this.folder, name), left })
  }

  #notReady(): CliError {
    return new CliError(
      'network_not_ready',
      'The nodes did not get ready. What they store is untouched. ' +
        `Their logs say more: ${logPath(this.folder, '01')} and those beside it.`,
    )
  }
}
