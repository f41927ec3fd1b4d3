/**
 * What stands between nodes: one proxy before each node's peer port, which others are told instead. It knows who connects,
 * so two nodes can be cut off from each other while both go on with everybody else.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'

export type Place = { readonly listenPort: number; readonly publicPort: number; pid: number | undefined }

type Wire = {
  readonly from: number | undefined
  readonly to: number
  readonly ends: readonly [Socket, Socket | undefined]
}

export class PeerProxies implements AsyncDisposable {
  readonly #places: readonly Place[]
  readonly #servers: Server[] = []
  readonly #wires = new Set<Wire>()
  /** `a b` with a < b. */
  readonly #cuts = new Set<string>()

  constructor(places: readonly Place[]) {
    this.#places = places
  }

  async listen(): Promise<void> {
    for (const [index, { publicPort }] of this.#places.entries()) {
      const server = createServer((socket) => this.#accept(socket, index))
      this.#servers.push(server)
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(publicPort, '127.0.0.1', resolve)
      })
    }
  }

  /** Nothing gets through between the two any more, and nobody is told: as when a cable is cut. */
  cut(a: number, b: number): void {
    this.#cuts.add(pair(a, b))
    for (const wire of this.#wires) if (this.#isCut(wire)) for (const end of wire.ends) end?.pause()
  }

  /** What was under way meanwhile is lost. */
  mend(a: number, b: number): void {
    const affected = [...this.#wires].filter((wire) => this.#isCut(wire))
    this.#cuts.delete(pair(a, b))
    for (const wire of affected) if (!this.#isCut(wire)) for (const end of wire.ends) end?.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { ends } of this.#wires) for (const end of ends) end?.destroy()
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))))
  }

  #accept(socket: Socket, to: number): void {
    const from = this.#nodeAt(socket.remotePort)
    const cutOff = from !== undefined && this.#cuts.has(pair(from, to))
    const other = cutOff ? undefined : connect(this.#places[to]!.listenPort, '127.0.0.1')
    const wire: Wire = { from, to, ends: [socket, other] }
    this.#wires.add(wire)
    const end = () => {
      this.#wires.delete(wire)
      socket.destroy()
      other?.destroy()
    }
    for (const each of [socket, other]) each?.on('error', end).on('close', end)
    if (!other) return // accepted, and never answered
    forward(socket, other)
    forward(other, socket)
  }

  #isCut({ from, to }: Wire): boolean {
    return from !== undefined && this.#cuts.has(pair(from, to))
  }

  /** Whose process holds the other end of a connection, as Linux tells; nobody's elsewhere, where nothing can be cut. */
  #nodeAt(remotePort: number | undefined): number | undefined {
    const inode = remotePort === undefined ? undefined : inodeOf(remotePort)
    if (inode === undefined) return undefined
    const index = this.#places.findIndex(({ pid }) => pid !== undefined && holds(pid, inode))
    return index < 0 ? undefined : index
  }
}

function pair(a: number, b: number): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}

/** Not `pipe`, which would go on by itself after a pause. */
function forward(from: Socket, to: Socket): void {
  from.on('data', (chunk: Buffer) => {
    if (!to.destroyed) to.write(chunk)
  })
  from.on('end', () => to.end())
}

function inodeOf(localPort: number): string | undefined {
  const address = `0100007F:${localPort.toString(16).toUpperCase().padStart(4, '0')}`
  try {
    const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n')
    return lines.map((line) => line.trim().split(/\s+/)).find((fields) => fields[1] === address)?.[9]
  } catch {
    return undefined // no Linux
  }
}

function holds(pid: number, inode: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => isLink(`/proc/${pid}/fd/${fd}`, `socket:[${inode}]`))
  } catch {
    return false // it has ended
  }
}

function isLink(path: string, target: string): boolean {
  try {
    return readlinkSync(path) === target
  } catch {
    return false // it was closed meanwhile
  }
}
