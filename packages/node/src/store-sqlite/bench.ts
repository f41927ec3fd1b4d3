/**
 * Measures the storage on this machine's disk. Asserts nothing.
 *
 *     node packages/node/src/store-sqlite/bench.ts [--folder=…] [--only=puts,rows,owners,million] [--large]
 *
 * `--large`: also with 10 million rows, which takes 3 GB and some minutes.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { millis, type Owner, parseNamespace, unixMillis } from '@starling/protocol'
import { silentLogger, systemClock } from '@starling/runtime'
import { figure, formatTable } from '../bench/table.ts'
import type { NodeStore } from '../storage/node-store.ts'
import { deleteAllExpired } from '../storage/sweep.ts'
import { fillFast, fillStore, NOW, randomMessage, randomOwners } from './bench-fill.ts'
import { openSqliteStore } from './sqlite-store.ts'

const NAMESPACE = parseNamespace(0)
const DATA = new Uint8Array(2048)
const DURATION = 3000
const MILLION = 1_000_000
/** Milliseconds: what has not expired by then is left. */
const LONGEST_SWEEP = 60_000

type Sample = { readonly times: number[]; readonly cpu: number; readonly mainCpu: number; readonly seconds: number }

/** Puts of 2,048 bytes: durable ones a second, processor time, and bytes on disk. */
async function benchPuts(folder: string): Promise<string[]> {
  const path = join(folder, 'puts.sqlite')
  const owners = randomOwners(10_000)
  fillStore(path, { count: 200_000, owners, sizeBytes: 2048 })
  const sizeEach = statSync(path).size / 200_000
  await using store = await open(path)
  await putFor(store, owners, 64) // so that the log has its size, as it has in a node that runs
  const rows = [['in flight', 'puts/s', 'p50 ms', 'p99 ms', 'CPU µs', 'of it main thread']]
  for (const inFlight of [1, 16, 64]) {
    const { times, cpu, mainCpu, seconds } = await putFor(store, owners, inFlight)
    const perPut = [cpu / times.length, mainCpu / times.length]
    rows.push([`${inFlight}`, ...[times.length / seconds, at(times, 0.5), at(times, 0.99), ...perPut].map(figure)])
  }
  return [`bytes on disk for a message of 2,048 bytes: ${figure(sizeEach)}`, formatTable(rows)]
}

/** How put, poll and retrieval cost with the number of rows, or of owners. */
async function benchGrowth(folder: string, what: 'rows' | 'owners', large: boolean): Promise<string[]> {
  const sizes = what === 'rows' ? [1000, 100_000, ...(large ? [10 * MILLION] : [])] : [1, 1000, MILLION]
  const table = [[what, 'put µs CPU', 'put p50 ms', 'poll µs', 'retrieve 10, µs', 'file MB']]
  for (const size of sizes) {
    const path = join(folder, `${what}-${size}.sqlite`)
    const owners = randomOwners(what === 'rows' ? Math.min(size, 100_000) : size)
    fillFast(path, { count: what === 'rows' ? size : Math.max(size, 100_000), owners, sizeBytes: 100 })
    const sizeBytes = statSync(path).size
    await using store = await open(path)
    await putFor(store, owners, 16, 1000)
    const { times, cpu } = await putFor(store, owners, 16)
    const poll = await readFor(store, owners, await lastHashes(store, owners))
    const retrieve = await readFor(store, owners, [])
    table.push([
      size.toLocaleString('en-US'),
      ...[cpu / times.length, at(times, 0.5), poll * 1000, retrieve * 1000, sizeBytes / MILLION].map(figure),
    ])
    await store[Symbol.asyncDispose]()
    rmSync(path)
  }
  return [formatTable(table)]
}

/** A million messages of 2,048 bytes: the time to open them, and requests while all of them expire. */
async function benchMillion(folder: string): Promise<string[]> {
  const path = join(folder, 'million.sqlite')
  const owners = randomOwners(100_000)
  const fillStart = performance.now()
  fillFast(path, { count: MILLION, owners, sizeBytes: 2048 })
  const fillSeconds = (performance.now() - fillStart) / 1000
  const openStart = performance.now()
  await using store = await open(path)
  const { messages } = await store.stats()
  const opened = `${messages.toLocaleString('en-US')} messages: filled in ${figure(fillSeconds)} s, opened in ${figure(performance.now() - openStart)} ms`
  const end = performance.now() + DURATION
  const before = await mixedRequests(store, owners, () => performance.now() < end)
  const start = performance.now()
  let isSweeping = true
  let gone = 0
  const counting = {
    deleteExpired: async (...wanted: Parameters<NodeStore['deleteExpired']>) => {
      if (performance.now() - start > LONGEST_SWEEP) return 0
      const deleted = await store.deleteExpired(...wanted)
      gone += deleted
      return deleted
    },
  }
  const sweep = async (): Promise<void> => {
    const never = new AbortController().signal
    await deleteAllExpired({ clock: systemClock(), store: counting }, unixMillis(NOW + 2e9), never)
    isSweeping = false
  }
  const [during] = await Promise.all([mixedRequests(store, owners, () => isSweeping), sweep()])
  const seconds = (performance.now() - start) / 1000
  const row = (name: string, { puts, reads }: Mixed) => [
    name,
    ...[at(puts, 0.5), at(puts, 0.99), at(puts, 1), at(reads, 0.5), at(reads, 0.99), at(reads, 1)].map(figure),
  ]
  const head = ['16 lanes, each a put and a poll', 'put p50 ms', 'p99', 'max', 'poll p50 ms', 'p99', 'max']
  return [
    opened,
    `${gone.toLocaleString('en-US')} expired in ${figure(seconds)} s, ${figure(gone / seconds)} messages/s`,
    formatTable([head, row('before', before), row('while they expire', during)]),
  ]
}

type Mixed = { readonly puts: number[]; readonly reads: number[] }

async function mixedRequests(store: NodeStore, owners: readonly Owner[], goesOn: () => boolean): Promise<Mixed> {
  const mixed: Mixed = { puts: [], reads: [] }
  const timed = async (times: number[], request: Promise<unknown>) => {
    const start = performance.now()
    await request
    times.push(performance.now() - start)
  }
  const lane = async () => {
    while (goesOn()) {
      // These expire later than those that are deleted.
      const message = { ...randomMessage(pick(owners), DATA), expiry: unixMillis(NOW + 3e9) }
      await timed(mixed.puts, store.put(message))
      await timed(mixed.reads, store.retrieve({ ...query(pick(owners)), now: unixMillis(NOW + 4e9) }))
    }
  }
  await Promise.all(Array.from({ length: 16 }, lane))
  return mixed
}

async function putFor(store: NodeStore, owners: readonly Owner[], inFlight: number, ms = DURATION): Promise<Sample> {
  const times: number[] = []
  const [cpu, mainCpu, start] = [process.cpuUsage(), process.threadCpuUsage(), performance.now()]
  const lane = async () => {
    while (performance.now() - start < ms) {
      const from = performance.now()
      await store.put(randomMessage(pick(owners), DATA))
      times.push(performance.now() - from)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  const seconds = (performance.now() - start) / 1000
  return { times, cpu: total(process.cpuUsage(cpu)), mainCpu: total(process.threadCpuUsage(mainCpu)), seconds }
}

const READS = 2000

/** Of the first owners, their last message: a poll from there on finds nothing new. */
async function lastHashes(store: NodeStore, owners: readonly Owner[]) {
  const found = await Promise.all(
    owners.slice(0, 500).map((owner) => store.retrieve({ ...query(owner), reverse: true })),
  )
  return found.map(({ messages }) => messages[0]!.hash)
}

/** The median time in milliseconds of a retrieval of ten messages, or of a poll after `cursors`. */
async function readFor(store: NodeStore, owners: readonly Owner[], cursors: readonly string[]): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < READS; i++) {
    const index = cursors.length > 0 ? i % cursors.length : Math.floor(Math.random() * owners.length)
    const after = cursors[index]
    const start = performance.now()
    await store.retrieve({ ...query(owners[index]!), ...(after !== undefined && { after: after as never }) })
    times.push(performance.now() - start)
  }
  return at(times, 0.5)
}

const query = (owner: Owner) => ({ owner, namespace: NAMESPACE, now: NOW, sizeBudget: 1_560_000, countLimit: 10 })
const pick = (owners: readonly Owner[]): Owner => owners[Math.floor(Math.random() * owners.length)]!
const total = ({ user, system }: NodeJS.CpuUsage): number => user + system

/** The value below which that share lies. */
function at(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
}

function open(path: string): Promise<NodeStore> {
  return openSqliteStore({ path, logger: silentLogger, tuning: { maxBytes: 0, groupDelay: millis(0) } })
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { folder: { type: 'string' }, only: { type: 'string' }, large: { type: 'boolean', default: false } },
  })
  const folder = mkdtempSync(join(values.folder ?? tmpdir(), 'starling-bench-'))
  const parts: Record<string, () => Promise<string[]>> = {
    puts: () => benchPuts(folder),
    rows: () => benchGrowth(folder, 'rows', values.large),
    owners: () => benchGrowth(folder, 'owners', values.large),
    million: () => benchMillion(folder),
  }
  try {
    for (const name of values.only?.split(',') ?? Object.keys(parts)) {
      console.log(`\n## ${name}\n\n${(await parts[name]!()).join('\n\n')}`)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (import.meta.main) await main()
