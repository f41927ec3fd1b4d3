/** Which ports a local network takes: four blocks above a base, for HTTPS, for peers, for plain HTTP on loopback and for metrics. */
import { createServer } from 'node:net'
import type { RandomBytes } from '@starling/protocol'
import { randomInteger } from '@starling/runtime'
import { CliError } from '../cli-error.ts'

/** As many as have a place in a block. */
export const MAX_NODES = 99
const BLOCK = 100
const BLOCKS = 4
const NEXT_BASE = 1000
const ATTEMPTS = 20
/** Below the ports that systems give to outgoing connections: a node that is away would lose its place to one of them. */
const ANY_FROM = 10_000
const ANY_BEFORE = 30_000
const LARGEST_BASE = 65_535 - BLOCKS * BLOCK

export type NodePorts = {
  readonly httpsPort: number
  readonly peerPort: number
  readonly webPort: number
  readonly metricsPort: number
}
export type IsFree = (port: number) => Promise<boolean>

/** The ports of the node number `index`, from 0. */
export function portsOf(base: number, index: number): NodePorts {
  const first = base + 1 + index
  return { httpsPort: first, peerPort: first + BLOCK, webPort: first + 2 * BLOCK, metricsPort: first + 3 * BLOCK }
}

/**
 * The first base, from `wanted` on in steps of 1000, all of whose ports are free; with `any` one by chance.
 *
 * @throws {CliError} `port_taken`, after 20 attempts.
 */
export async function chooseBase(options: {
  readonly wanted: number | 'any'
  readonly nodes: number
  readonly random: RandomBytes
  readonly isFree: IsFree
}): Promise<number> {
  const { wanted, nodes, random, isFree } = options
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const base =
      wanted === 'any' ? ANY_FROM + randomInteger(random, ANY_BEFORE - ANY_FROM) : wanted + attempt * NEXT_BASE
    if (base > LARGEST_BASE) break
    const all = Array.from({ length: nodes }, (_, index) => portsOf(base, index))
    if ((await takenPorts(all, isFree)).length === 0) return base
  }
  throw new CliError(
    'port_taken',
    `No ${BLOCKS * nodes} free ports were found from ${wanted === 'any' ? ANY_FROM : wanted} on. ` +
      'Nothing was started. Choose where to begin with --port-base.',
  )
}

/** Those that another program listens on, ascending. */
export async function takenPorts(nodes: readonly NodePorts[], isFree: IsFree): Promise<number[]> {
  const ports = nodes.flatMap(({ httpsPort, peerPort, webPort, metricsPort }) => [
    httpsPort,
    peerPort,
    webPort,
    metricsPort,
  ])
  const free = await Promise.all(ports.map(isFree))
  return ports.filter((_, at) => !free[at]).sort((a, b) => a - b)
}

/** Whether nobody listens on this port of the loopback interface. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)))
  })
}
