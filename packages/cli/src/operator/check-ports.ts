import { connect, createServer } from 'node:net'
import { millis } from '@starling/protocol'
import { type Clock, withTimeout } from '@starling/runtime'
import { type Finding, finding } from './finding.ts'

const CONNECT_TIMEOUT = millis(3_000)

export type PortUse = {
  /** The key of the configuration, as in `httpsPort`. */
  readonly name: string
  readonly host: string
  readonly port: number
}

/** Each port is taken, connected to from this machine, and let go. */
export async function checkPorts(
  uses: readonly PortUse[],
  clock: Clock,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const found: Finding[] = []
  const seen = new Map<number, string>()
  for (const use of uses) {
    const other = seen.get(use.port)
    seen.set(use.port, use.name)
    found.push(
      other === undefined
        ? await checkPort(use, clock, signal)
        : finding('ports', 'problem', `${use.name} and ${other} are both ${use.port}: each needs a port of its own.`),
    )
  }
  return found
}

async function checkPort(use: PortUse, clock: Clock, signal: AbortSignal): Promise<Finding> {
  const { name, host, port } = use
  const server = createServer((socket) => socket.destroy())
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, host, exclusive: true }, resolve)
    })
  } catch (error) {
    return finding('ports', 'problem', whyNot(use, error))
  }
  try {
    await withTimeout(clock, CONNECT_TIMEOUT, signal, () => connectTo(host === '0.0.0.0' ? '127.0.0.1' : host, port))
    return finding('ports', 'good', `${name} ${port} is free`)
  } catch {
    signal.throwIfAborted()
    return finding(
      'ports',
      'problem',
      `${name} ${port} is free, but this machine cannot connect to it: a firewall drops even local connections.`,
    )
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}

function connectTo(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
  })
}

function whyNot({ name, host, port }: PortUse, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  switch (code) {
    case 'EADDRINUSE':
      return `${name} ${port} is taken by another program (\`ss -ltnp\` shows which), or the node runs already.`
    case 'EACCES':
      return `${name} ${port} needs rights that this user has not: ports below 1024 do. Use another one.`
    case 'EADDRNOTAVAIL':
      return `${name}: ${host} is not an address of this machine. \`host\` is where to listen, usually 0.0.0.0.`
    default:
      return `${name} ${port} on ${host} cannot be had: the system says ${code}.`
  }
}
