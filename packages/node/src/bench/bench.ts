/**
 * `npm run bench`: starts networks of real nodes, one process each, all on one core, and measures them from another. Prints
 * tables, asserts nothing about time. Every answer is checked: a wrong one ends the run.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createNativeCrypto } from '@starling/runtime/native'
import { canPin, LOAD_CORE, pinSelf } from './affinity.ts'
import { BARE_HEAD, bareRows } from './bare-rows.ts'
import { BenchNetwork } from './bench-network.ts'
import { deadMemberRows } from './dead-member.ts'
import { millionRows } from './million.ts'
import { diskRow, FIGURE_HEAD, memoryRow, relayRows } from './node-rows.ts'
import { type BenchOptions, REQUEST_HEAD, requestRows } from './request-rows.ts'
import { formatTable } from './table.ts'

const USAGE = `Measures the node on this machine.

  npm run bench [-- options]

  --quick          a few seconds: fewer requests, 16 in flight
  --requests N     of each row (4,000)
  --runs N         times that each row is measured; the median counts (3)
  --only WORDS     rows whose name contains one of these words, comma separated, and nothing else
  --million        also a node with a million messages (--only none: that alone): half an hour, 6 GB of disk
  --messages N     of that node, instead of a million
`

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    requests: { type: 'string' },
    runs: { type: 'string' },
    only: { type: 'string' },
    million: { type: 'boolean', default: false },
    messages: { type: 'string', default: '1000000' },
    help: { type: 'boolean', default: false },
  },
})
const crypto = createNativeCrypto()
const isPinned = canPin()
const folder = mkdtempSync(join(tmpdir(), 'starling-bench-'))
try {
  if (values.help) process.stdout.write(USAGE)
  else await run()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function run(): Promise<void> {
  if (isPinned) pinSelf(LOAD_CORE)
  print(machine())
  const options: BenchOptions = {
    crypto,
    requests: Number(values.requests ?? (values.quick ? 1000 : 4000)),
    warmUp: values.quick ? 200 : 2000,
    runs: Number(values.runs ?? (values.quick ? 1 : 3)),
    inFlight: values.quick ? [16] : [1, 16, 64],
    only: values.only?.split(',') ?? [],
  }
  const rows: (readonly string[])[] = []
  const figures: (readonly string[])[] = []
  const add = (to: (readonly string[])[], row: readonly string[]) => {
    print(row.join('  '))
    to.push(row)
  }
  for (const [name, nodes, swarmSize] of [
    ['alone', 1, 1],
    ['swarms', 6, 3],
  ] as const) {
    await using network = await BenchNetwork.start({ folder: join(folder, name), nodes, swarmSize, crypto, isPinned })
    if (nodes > 1) add(figures, memoryRow(network, 'idle'))
    for await (const row of requestRows(network, options)) add(rows, row)
    const isWhole = options.only.length === 0
    if (isWhole && nodes === 1) add(figures, await diskRow(network, network.nodes[0]!))
    if (values.million && nodes === 1)
      for (const row of await millionRows(network, { crypto, print, messages: Number(values.messages) }))
        add(figures, row)
    if (isWhole && nodes > 1) {
      add(figures, memoryRow(network, 'under load'))
      for (const row of await relayRows(network, options)) add(figures, row)
      for (const row of await deadMemberRows(network, options)) add(figures, row)
    }
  }
  print(`\n${formatTable([REQUEST_HEAD, ...rows])}\n`)
  print(`${formatTable([FIGURE_HEAD, ...figures])}\n`)
  if (options.only.length > 0) return
  const floor: (readonly string[])[] = [BARE_HEAD]
  for await (const row of bareRows({ ...options, folder, isPinned })) floor.push(row)
  print(formatTable(floor))
}

function machine(): string {
  const [cpu] = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  const where = isPinned ? 'nodes on one core, load on another' : 'nothing pinned'
  return `${cpus().length} × ${cpu?.model.trim()}, ${memory} GiB, Node.js ${process.version}, ${where}`
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
