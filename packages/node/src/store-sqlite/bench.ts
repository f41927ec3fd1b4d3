/** Measures the storage on this machine's disk: `node packages/node/src/store-sqlite/bench.ts [folder]`. Asserts nothing. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  millis,
  nodeIdOf,
  type Owner,
  parseMessageHash,
  parseNamespace,
  parseOwner,
  unixMillis,
} from '@starling/protocol'
import { silentLogger } from '@starling/runtime'
import type { NodeStore, StoredMessage } from '../storage/node-store.ts'
import { openSqliteStore } from './sqlite-store.ts'

const OWNERS: readonly Owner[] = Array.from({ length: 500 }, () => parseOwner(`05${randomBytes(32).toString('hex')}`))
const NOW = unixMillis(1_700_000_000_000)
const NAMESPACE = parseNamespace(0)
const DURATION = 3000

/** Durable puts, retrieves, polls and bytes on disk of messages of 2,048 bytes: lines for people. */
export async function* benchStore(parent: string): AsyncGenerator<string> {
  const folder = mkdtempSync(join(parent, 'starling-bench-'))
  const path = join(folder, 'node.sqlite')
  try {
    const store = await openSqliteStore({ path, logger: silentLogger, tuning: { maxBytes: 0, groupDelay: millis(2) } })
    for (const inFlight of [1, 16, 64, 256]) yield await benchPuts(store, inFlight)
    yield await benchCalls('retrieve of 10', store, (i) => retrieve(store, i, 10))
    yield await benchCalls('poll, nothing new', store, (i) => retrieve(store, i, 10, unixMillis(NOW + 1e12)))
    yield await benchHints(store)
    const { messages } = await store.stats()
    await store[Symbol.asyncDispose]()
    yield `${messages} messages, ${Math.round(statSync(path).size / messages)} bytes on disk each`
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function benchPuts(store: NodeStore, inFlight: number): Promise<string> {
  const times: number[] = []
  const cpu = process.cpuUsage()
  const mainCpu = process.threadCpuUsage()
  const start = performance.now()
  const lane = async () => {
    while (performance.now() - start < DURATION) {
      const at = performance.now()
      await store.put(randomMessage(times.length))
      times.push(performance.now() - at)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  const perSecond = times.length / ((performance.now() - start) / 1000)
  const [all, main] = [total(process.cpuUsage(cpu)), total(process.threadCpuUsage(mainCpu))]
  const each = (micros: number) => (micros / times.length).toFixed(0)
  return `put, ${inFlight} in flight: ${perSecond.toFixed(0)}/s, ${percentiles(times)}, CPU µs ${each(all)}, of it main thread ${each(main)}`
}

async function benchCalls(name: string, store: NodeStore, call: (i: number) => Promise<unknown>): Promise<string> {
  const times: number[] = []
  for (let i = 0; i < 5000; i++) {
    const at = performance.now()
    await call(i)
    times.push(performance.now() - at)
  }
  return `${name}: ${percentiles(times)} (of ${(await store.stats()).messages} messages)`
}

async function benchHints(store: NodeStore): Promise<string> {
  const member = nodeIdOf(randomBytes(32) as never)
  const held = await store.hashesOf(OWNERS[0]!)
  const start = performance.now()
  const hint = (hash: StoredMessage['hash']) =>
    ({ member, expiry: NOW, work: { kind: 'message', owner: OWNERS[0]!, hash } }) as const
  await Promise.all(held.map(({ hash }) => store.addHints([hint(hash)])))
  return `${held.length} hints at once: ${(performance.now() - start).toFixed(1)} ms`
}

function retrieve(store: NodeStore, i: number, countLimit: number, now = NOW): Promise<unknown> {
  const owner = OWNERS[i % OWNERS.length]!
  return store.retrieve({ owner, namespace: NAMESPACE, now, sizeBudget: 1_560_000, countLimit })
}

function randomMessage(number: number): StoredMessage {
  return {
    hash: parseMessageHash(`${randomBytes(33).toString('base64').slice(0, 42)}A`),
    owner: OWNERS[number % OWNERS.length]!,
    namespace: NAMESPACE,
    timestamp: NOW,
    expiry: unixMillis(NOW + 1e9 + number),
    data: new Uint8Array(randomBytes(2048)),
    authorisation: new Uint8Array(),
    storedAt: NOW,
  }
}

function percentiles(times: number[]): string {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(3)
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`
}

const total = ({ user, system }: NodeJS.CpuUsage): number => user + system

if (import.meta.main) for await (const line of benchStore(process.argv[2] ?? tmpdir())) console.log(line)
