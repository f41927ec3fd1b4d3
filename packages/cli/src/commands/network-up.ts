/** `starling network up`: the local network, and the app on top of it, until somebody ends it. */

import { formatNetworkFile } from '@starling/protocol'
import { type AppServer, openApp, startAppServer } from '../app-server/app-server.ts'
import { CliError, type ExitCode } from '../cli-error.ts'
import { LocalNetwork } from '../local-network/local-network.ts'
import { type LocalNetworkEvent, type LocalNetworkOptions, NetworkRunningError } from '../local-network/options.ts'
import { localNetworkFolder, webAppFolder } from '../paths.ts'
import type { CliPorts } from '../ports.ts'
import { Progress } from '../terminal/progress.ts'

export type NetworkUpOptions = {
  readonly folder?: string
  readonly nodes?: number
  readonly swarmSize?: number
  readonly portBase?: number
  readonly app?: boolean
  readonly appPort: number
  readonly appFolder?: string
}

/** Runs until interrupted; a second interrupt kills the nodes. Fails if every node ended by itself. */
export async function networkUp(options: NetworkUpOptions, ports: CliPorts): Promise<ExitCode> {
  const folder = localNetworkFolder(options.folder)
  const up = new Up(options, ports, folder)
  const unsubscribe = ports.interrupts.subscribe(() => up.interrupt())
  try {
    return await up.run()
  } catch (error) {
    if (error instanceof NetworkRunningError) return tellRunning(error, folder, ports)
    if (up.isInterrupted && error === up.reason) return 0
    throw error
  } finally {
    unsubscribe()
  }
}

class Up {
  readonly #options: NetworkUpOptions
  readonly #ports: CliPorts
  readonly #folder: string
  readonly #progress: Progress
  readonly #end = new AbortController()
  #network: LocalNetwork | undefined
  #isRunning = false

  constructor(options: NetworkUpOptions, ports: CliPorts, folder: string) {
    this.#options = options
    this.#ports = ports
    this.#folder = folder
    this.#progress = new Progress(ports.output, ports.clock)
  }

  get isInterrupted(): boolean {
    return this.#end.signal.aborted
  }

  get reason(): unknown {
    return this.#end.signal.reason
  }

  interrupt(): void {
    if (!this.isInterrupted) {
      this.#end.abort()
      return
    }
    this.#progress.say('Killing the nodes.')
    this.#network?.killNow()
  }

  async run(): Promise<ExitCode> {
    const { clock } = this.#ports
    const started = clock.monotonic()
    this.#progress.say(`Local network in ${this.#folder}`)
    this.#network = await LocalNetwork.open(this.#networkOptions())
    let app: AppServer | undefined
    try {
      // Listens before the nodes are up: a port that is taken shows at once.
      app = await this.#startApp(this.#network)
      const ready = await this.#network.start()
      this.#isRunning = true
      if (app) this.#network.setAppUrl(app.url)
      this.#tellReady(this.#network, ready, app)
      this.#progress.say(
        `Ready after ${((clock.monotonic() - started) / 1000).toFixed(1)} s. Ctrl+C stops everything; messages are kept.`,
      )
      await this.#untilEnd()
      return this.isInterrupted ? 0 : 1
    } finally {
      this.#isRunning = false
      await app?.[Symbol.asyncDispose]()
      await this.#stop(this.#network)
    }
  }

  #networkOptions(): LocalNetworkOptions {
    const { nodes, swarmSize, portBase } = this.#options
    const appFolder = this.#appForNodes()
    return {
      folder: this.#folder,
      signal: this.#end.signal,
      clock: this.#ports.clock,
      random: this.#ports.random,
      onEvent: (event) => this.#onEvent(event),
      ...(appFolder !== undefined && { appFolder }),
      ...(nodes !== undefined && { nodes }),
      ...(swarmSize !== undefined && { parameters: { swarmSize } }),
      ...(portBase !== undefined && { portBase }),
    }
  }

  /** The nodes give the app out as well, if there is a whole one; only who asked for it with `--app` is told otherwise. */
  #appForNodes(): string | undefined {
    const folder = webAppFolder(this.#options.appFolder)
    try {
      openApp(folder)
      return folder
    } catch (error) {
      if (this.#options.app || !(error instanceof CliError)) throw error
      return undefined
    }
  }

  async #startApp(network: LocalNetwork): Promise<AppServer | undefined> {
    if (!this.#options.app) return undefined
    const port = this.#options.appPort
    const app = await startAppServer({
      folder: webAppFolder(this.#options.appFolder),
      networkFile: formatNetworkFile(network.networkFile),
      port,
    })
    if (port !== 0 && app.port !== port) {
      this.#progress.say(
        `Port ${port} is taken by another program, so the app is on port ${app.port}. ` +
          `To a browser that is another place: accounts made at port ${port} are not lost, but not seen here.`,
      )
    }
    return app
  }

  #onEvent(event: LocalNetworkEvent): void {
    switch (event.kind) {
      case 'creating':
        this.#progress.say(`There is none yet: making one of ${event.nodes} nodes.`)
        break
      case 'otherPorts':
        this.#progress.say(`Ports from ${event.wanted} on are taken: using those from ${event.chosen} on.`)
        break
      case 'cleaned':
        this.#progress.say(`Stopped ${event.processes} nodes that were left behind when the program was killed.`)
        break
      case 'starting':
        this.#progress.update(`Starting … ${event.ready} of ${event.of} nodes are ready`)
        break
      case 'nodeEnded':
        this.#progress.say(
          `Node ${event.name} ended unexpectedly (${event.how}). Its log: ${event.logFile}\n` +
            `${event.left} nodes go on; what this one stored stays on its disk. Start the network again to bring it back.`,
        )
        if (event.left === 0 && this.#isRunning) this.#allEnded()
        break
    }
  }

  #allEnded: () => void = () => {}

  async #untilEnd(): Promise<void> {
    const { signal } = this.#end
    await new Promise<void>((resolve) => {
      this.#allEnded = resolve
      if (signal.aborted || this.#network?.nodes.every((node) => node.pid === undefined)) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }

  #tellReady({ nodes, networkFilePath }: LocalNetwork, ready: number, app: AppServer | undefined): void {
    const late = nodes.length - ready
    const about =
      late === 0 ? '' : `; ${late} ended or ${late === 1 ? 'takes' : 'take'} longer: \`starling network status\``
    this.#progress.say(`  Nodes         ${ready} of ${nodes.length} are ready${about}`)
    this.#progress.say(`  Network file  ${networkFilePath}`)
    if (app) {
      this.#progress.say(`  App           ${app.url}`)
      this.#progress.say(`  from a node   ${nodes[0]!.webUrl}/app/, and the same from every other one`)
    }
  }

  async #stop(network: LocalNetwork): Promise<void> {
    this.#progress.say('Stopping the nodes …')
    await network[Symbol.asyncDispose]()
    this.#progress.say(`Stopped. Keys and messages are kept in ${this.#folder}`)
  }
}

function tellRunning({ run }: NetworkRunningError, folder: string, ports: CliPorts): ExitCode {
  const app = run.appUrl === undefined ? 'without the app' : `with the app at ${run.appUrl}`
  ports.output.write(
    `The local network in ${folder} runs already (process ${run.supervisor.pid}), ${app}.\n` +
      '`starling network status` shows its nodes, `starling network down` stops it.\n',
  )
  return 0
}
