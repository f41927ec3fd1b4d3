/** One node as a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Millis, seconds } from '@starling/protocol'
import { type Clock, withTimeout } from '@starling/runtime'
import { logPath, nodeFolder } from './layout.ts'
import { type ProcessRecord, recordOf } from './process-identity.ts'

/** How long a node may take to stop by itself. */
const STOP_PATIENCE = seconds(10)

/**
 * The program of a node, which takes `--config FILE`: what `STARLING_BUNDLED_NODE` names, which starts in half the time,
 * else the sources.
 */
export function nodeProgram(): string {
  return process.env['STARLING_BUNDLED_NODE'] ?? fileURLToPath(import.meta.resolve('@starling/node/bin'))
}

export type NodeProcessOptions = {
  readonly folder: string
  readonly name: string
  readonly clock: Clock
  /** The built app that the node gives out, if any. */
  readonly appFolder: string | undefined
  readonly program: string | undefined
  /** When it ended although nobody stopped it here: `signal SIGKILL`, `status 1`, … */
  readonly onUnexpectedEnd: (name: string, how: string) => void
}

export class NodeProcess {
  readonly #options: NodeProcessOptions
  #child: ChildProcess | undefined
  #record: ProcessRecord | undefined
  #ended: Promise<void> = Promise.resolve()
  #stopping = false

  constructor(options: NodeProcessOptions) {
    this.#options = options
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  get record(): ProcessRecord | undefined {
    return this.#record
  }

  /** Its output goes to the log; the log of the run before is kept beside it. */
  start(): void {
    if (this.#child) return
    const { folder, name, appFolder, program = nodeProgram() } = this.#options
    const log = logPath(folder, name)
    if (existsSync(log)) renameSync(log, `${log}.1`)
    const output = openSync(log, 'a', 0o600)
    const child = spawn(process.execPath, [program, '--config', join(nodeFolder(folder, name), 'node.json')], {
      stdio: ['ignore', output, output],
      // A group of its own: Ctrl+C in the terminal reaches us alone, and we stop the nodes in order.
      detached: true,
      env: environmentOf(folder, appFolder),
    })
    closeSync(output)
    this.#stopping = false
    this.#child = child
    this.#record = child.pid === undefined ? undefined : recordOf(child.pid)
    this.#ended = this.#untilEnd(child)
  }

  /** Asks it to stop; what does not within `STOP_PATIENCE` is killed. */
  async stop(patience: Millis = STOP_PATIENCE): Promise<void> {
    this.#stopping = true
    this.#child?.kill('SIGTERM')
    const unbounded = new AbortController().signal
    try {
      await withTimeout(this.#options.clock, patience, unbounded, () => this.#ended)
    } catch {
      await this.kill()
    }
  }

  /** As a power cut would: the process ends without a last word. */
  async kill(): Promise<void> {
    this.killNow()
    await this.#ended
  }

  killNow(): void {
    this.#stopping = true
    this.#child?.kill('SIGKILL')
  }

  #untilEnd(child: ChildProcess): Promise<void> {
    return new Promise((resolve) => {
      const end = (how: string) => {
        this.#child = undefined
        this.#record = undefined
        if (!this.#stopping) this.#options.onUnexpectedEnd(this.#options.name, how)
        resolve()
      }
      child.once('exit', (status, signal) => end(signal === null ? `status ${status}` : `signal ${signal}`))
      child.once('error', (error) => {
        // Also emitted if a signal cannot be sent: then it goes on.
        if (child.pid === undefined) end('code' in error ? String(error.code) : 'it could not be started')
      })
    })
  }
}

/** Variables for one node would override the configuration of every one. */
function environmentOf(folder: string, appFolder: string | undefined): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('STARLING_NODE_'))
  // Twelve nodes compile the same code: the first one's work serves the others, and the next start.
  return {
    ...Object.fromEntries(inherited),
    NODE_COMPILE_CACHE: join(folder, 'cache'),
    ...(appFolder !== undefined && { STARLING_NODE_APP_FOLDER: appFolder }),
  }
}
