/**
 * `npm run bench`: starts a local network of 12 real nodes and measures it. Prints figures, asserts nothing about time.
 * Everything runs on one machine, the load too: figures are for comparing, on the same machine, before and after a change.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { type LocalNetwork, startLocalNetwork } from '@starling/cli'
import { measureClients } from './client-latency.ts'
import { measureClientLife } from './client-life.ts'
import { measureConfigMerge } from './config-merge.ts'
import { type Figure, printFigures } from './figures.ts'
import { idleTrafficFigures } from './idle-traffic.ts'
import { measureStores } from './store-load.ts'

const folder = mkdtempSync(join(tmpdir(), 'starling-bench-'))
try {
  process.stdout.write(`${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.version}\n`)
  await run()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function run(): Promise<void> {
  const options = { folder: join(folder, 'network'), portBase: 'any' } as const
  const [created, createdMs] = await timed(() => startLocalNetwork(options))
  await created[Symbol.asyncDispose]()
  const [network, restartedMs] = await timed(() => startLocalNetwork(options))
  const figures: Figure[] = [
    { name: 'network of 12 nodes: created and ready', value: createdMs, unit: 'ms' },
    { name: 'network of 12 nodes: started again and ready', value: restartedMs, unit: 'ms' },
    ...memoryOf(network, 'idle'),
    ...measureConfigMerge(),
  ]
  try {
    figures.push(...(await measureClients(network.networkFile, folder)))
    figures.push(...(await idleTrafficFigures()))
    figures.push(...(await measureClientLife(network.networkFile, network.networkFilePath, folder)))
    figures.push(...(await measureStores(network.networkFile)))
    figures.push(...memoryOf(network, 'after the load'))
  } finally {
    await network[Symbol.asyncDispose]()
  }
  printFigures(figures)
}

async function timed<T>(work: () => Promise<T>): Promise<readonly [T, number]> {
  const start = performance.now()
  return [await work(), performance.now() - start]
}

function memoryOf(network: LocalNetwork, when: string): Figure[] {
  const sizes = network.nodes.flatMap(({ pid }) => (pid === undefined ? [] : residentBytes(pid))).sort((a, b) => a - b)
  const middle = sizes[Math.floor(sizes.length / 2)]
  return middle === undefined
    ? []
    : [{ name: `memory of a node, ${when} (median RSS)`, value: middle / 1e6, unit: 'MB' }]
}

/** Nothing where the system has no /proc. */
function residentBytes(pid: number): number[] {
  try {
    const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kilobytes === undefined ? [] : [Number(kilobytes) * 1024]
  } catch {
    return []
  }
}
