/** The floor: what the stacks under the node cost without it, measured in the same run. */
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { cpuMsOf, NODE_CORE, pinned } from './affinity.ts'
import { httpRequest, openHttpsLane } from './https-lane.ts'
import type { Lane } from './lane.ts'
import { linkRequest, openLinkLane } from './link-lane.ts'
import { figure } from './table.ts'
import { openTlsLane } from './tls-lane.ts'

const IN_FLIGHT = 16
/** As large as a store of 2,048 bytes. */
const BODY = new Uint8Array(3000).fill(0x61)
const KIND = 1

export const BARE_HEAD = ['Bare stack', 'CPU ms', 'per second']

type BareOptions = { readonly folder: string; readonly requests: number; readonly isPinned: boolean }

export async function* bareRows(options: BareOptions): AsyncGenerator<readonly string[]> {
  yield* echoRows(options)
  const script = fileURLToPath(new URL('./bare-primitives.ts', import.meta.url))
  const command = [process.execPath, script, options.folder, String(options.requests)]
  const [file, ...args] = pinned(options.isPinned ? NODE_CORE : undefined, command)
  const figures = JSON.parse(execFileSync(file, args, { encoding: 'utf8' })) as Record<string, number>
  for (const [name, micros] of Object.entries(figures)) yield [name, figure(micros / 1000), '–']
}

async function* echoRows({ requests, isPinned }: BareOptions): AsyncGenerator<readonly string[]> {
  const [execPath, ...execArgv] = pinned(isPinned ? NODE_CORE : undefined, [process.execPath])
  const server = fork(fileURLToPath(new URL('./bare-server.ts', import.meta.url)), { execPath, execArgv })
  try {
    const [ports] = (await once(server, 'message')) as [{ https: number; link: number; tls: number }]
    const http = httpRequest('/', BODY)
    const frame = linkRequest(KIND, BODY)
    yield* echo('HTTPS echo of 3 kB', server.pid!, requests, http, () => openHttpsLane(ports.https))
    yield* echo('WebSocket echo of 3 kB', server.pid!, requests, frame, () => openLinkLane(ports.link))
    const shared = openTlsLane(ports.tls)
    yield* echo('frame echo of 3 kB, one TLS connection', server.pid!, requests, frame, () => shared)
  } finally {
    server.disconnect()
  }
}

async function* echo(
  name: string,
  pid: number,
  requests: number,
  bytes: Uint8Array,
  open: () => Promise<Lane>,
): AsyncGenerator<readonly string[]> {
  const lanes = await Promise.all(Array.from({ length: IN_FLIGHT }, open))
  const run = async (count: number) => {
    let left = count
    await Promise.all(
      lanes.map(async (lane) => {
        while (left-- > 0) {
          const { status, body } = await lane.send(bytes)
          if (status !== 200 || body.length !== BODY.length) throw new Error(`${name}: a wrong answer`)
        }
      }),
    )
  }
  await run(Math.ceil(requests / 4))
  const before = cpuMsOf(pid)
  const start = performance.now()
  await run(requests)
  const perSecond = (1000 * requests) / (performance.now() - start)
  yield [name, figure((cpuMsOf(pid) - before) / requests), figure(perSecond)]
  for (const lane of new Set(lanes)) lane.close()
}
