/** A node in a process of its own, with a network of its own: what tests send it goes through real sockets to a real disk. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatNetworkFile, millis, nodeIdOf, seconds, toHex } from '@starling/protocol'
import { systemRandom } from '@starling/runtime'
import { crypto, type FixtureAccount, networkFile } from './fixture.ts'

const PROGRAM = fileURLToPath(new URL('../bin/starling-node.ts', import.meta.url))
const START_TRIES = 200

export const pause = (delay: number) => new Promise<void>((resolve) => setTimeout(resolve, millis(delay)))

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

export type TextReply = { readonly status: number; readonly text: string }

export class NodeProcess implements AsyncDisposable {
  readonly folder: string
  readonly ports: { readonly web: number; readonly https: number; readonly peer: number }
  /** What an onion request needs to know of it. */
  readonly self
  #child!: ChildProcess

  /** Starts a network of one node. @param config what `node.json` says besides the usual. */
  static async start(config: object): Promise<NodeProcess> {
    const ports = { web: await freePort(), https: await freePort(), peer: await freePort() }
    const node = new NodeProcess(ports, config)
    await node.start()
    return node
  }

  private constructor(ports: NodeProcess['ports'], change: object) {
    this.ports = ports
    this.folder = mkdtempSync(join(tmpdir(), 'starling-node-'))
    mkdirSync(join(this.folder, 'data'), { mode: 0o700 })
    const seeds = { node: systemRandom()(32), directory: systemRandom()(32) }
    const keys = crypto.ed25519KeyPair(seeds.node)
    this.self = { nodeId: nodeIdOf(keys.publicKey), x25519: crypto.ed25519ToX25519(keys.publicKey) }
    const url = `http://127.0.0.1:${ports.web}`
    const network = {
      ...networkFile,
      directoryKeys: [crypto.ed25519KeyPair(seeds.directory).publicKey],
      bootstrap: [url],
      parameters: { ...networkFile.parameters, epochLength: seconds(2), dropAfter: seconds(600) },
    }
    const config = {
      network: 'network.json',
      dataFolder: 'data',
      host: '127.0.0.1',
      address: '127.0.0.1',
      httpsPort: ports.https,
      peerPort: ports.peer,
      web: { port: ports.web, url },
      directory: { keyFile: 'directory.key', invited: [this.self.nodeId] },
      ...change,
    }
    writeFileSync(join(this.folder, 'network.json'), formatNetworkFile(network))
    writeFileSync(join(this.folder, 'data/node.key'), toHex(seeds.node), { mode: 0o600 })
    writeFileSync(join(this.folder, 'directory.key'), toHex(seeds.directory), { mode: 0o600 })
    writeFileSync(join(this.folder, 'node.json'), JSON.stringify(config))
  }

  get exitCode(): number | null {
    return this.#child.exitCode
  }

  /** Resolves when it is in a directory, and answers. */
  async start(environment: Record<string, string> = {}): Promise<void> {
    this.#child = spawn(process.execPath, [PROGRAM, '--config', join(this.folder, 'node.json')], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, STARLING_NODE_LOG_LEVEL: 'silent', ...environment },
    })
    this.#child.stderr!.on('data', (text: Buffer) => process.stderr.write(text))
    for (let tries = 0; tries < START_TRIES; tries++) {
      if (this.exitCode !== null) throw new Error(`the node ended with ${this.exitCode}`)
      const health = await fetch(this.url('/health')).catch(() => undefined)
      if (health?.status === 200) return
      await pause(100)
    }
    throw new Error('the node did not get ready')
  }

  async stop(signal: NodeJS.Signals): Promise<number | null> {
    if (this.exitCode !== null || this.#child.signalCode !== null) return this.exitCode
    const ended = once(this.#child, 'exit')
    this.#child.kill(signal)
    const [status] = (await ended) as [number | null]
    return status
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.ports.web}${path}`
  }

  async post(path: string, body: string | Uint8Array<ArrayBufferLike>): Promise<TextReply> {
    const response = await fetch(this.url(path), { method: 'POST', body: body as Uint8Array<ArrayBuffer> })
    return { status: response.status, text: await response.text() }
  }

  async ask(method: string, params: object): Promise<TextReply> {
    return this.post('/storage_rpc/v1', JSON.stringify({ method, params }))
  }

  /** The texts of an account's messages, oldest first; those after the message `since`, if it is given. */
  async messages(account: FixtureAccount, since = ''): Promise<{ texts: string[]; last: string }> {
    const texts: string[] = []
    for (let last = since; ; ) {
      const answer = await this.ask('retrieve', { ...account.retrieve(Date.now()), last_hash: last, max_size: -1 })
      if (answer.status !== 200) throw new Error(`a retrieve was answered ${answer.status}`)
      const page = JSON.parse(answer.text) as { messages: { hash: string; data: string }[]; more: boolean }
      for (const { data } of page.messages) texts.push(Buffer.from(data, 'base64').toString())
      last = page.messages.at(-1)?.hash ?? last
      if (!page.more) return { texts, last }
    }
  }

  /** Resident memory in MB, where the system tells. */
  memory(): number {
    if (process.platform !== 'linux') return 0
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))![1]) / 1024
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL')
    rmSync(this.folder, { recursive: true, force: true })
  }
}
