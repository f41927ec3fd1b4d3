/** A node with a million messages, or fewer: its memory, its start, and requests while they expire. */
import { type Crypto, millis, NAMESPACES, type RecordId, type UnixMillis, unixMillis } from '@starling/protocol'
import { silentLogger } from '@starling/runtime'
import { openSqliteStore } from '../store-sqlite/sqlite-store.ts'
import { type BenchNetwork, healthOf } from './bench-network.ts'
import { drive, Lanes } from './measure.ts'
import { databaseOf, type FigureRow, memoryRow } from './node-rows.ts'
import { accountsOf } from './request-rows.ts'
import { storeRequest } from './requests.ts'
import { BENCH_OWNERS, randomMessage } from './stored-messages.ts'
import { figure } from './table.ts'

const AT_ONCE = 256
const IN_FLIGHT = 16
const BATCH = 500
const PATIENCE_MS = 1_800_000

/** @param network of one node; it ends up with few messages */
export async function millionRows(
  network: BenchNetwork,
  options: { readonly crypto: Crypto; readonly messages: number; readonly print: (text: string) => void },
): Promise<FigureRow[]> {
  const { crypto, messages, print } = options
  const many = messages.toLocaleString('en')
  const [node] = network.nodes
  await network.stopNode(node!)
  print('filling …')
  await withStore(databaseOf(node!), async (store) => {
    let left = messages
    const lane = async () => {
      while (left > 0) await store.put(randomMessage(left--))
    }
    await Promise.all(Array.from({ length: AT_ONCE }, lane))
  })
  const startMs = await startTime(network)
  const others = (await healthOf(node!.webUrl))!.messages - messages
  const memory = memoryRow(network, `with ${many} messages`)
  const loaded = await storesUntil(network, crypto, async () => true)
  await network.stopNode(node!)
  print('letting them expire …')
  await withStore(databaseOf(node!), async (store) => {
    const expiry = unixMillis(Date.now()) as UnixMillis
    for (const [number, owner] of BENCH_OWNERS.entries()) {
      const id = number.toString(16).padStart(32, '0') as RecordId
      const change = { kind: 'expireAll', namespace: NAMESPACES.messages, expiry } as const
      await store.apply({ id, owner, at: expiry, expiry, request: new Uint8Array(), change })
    }
  })
  await startTime(network)
  const begun = performance.now()
  const expiring = await storesUntil(network, crypto, async (stored) => {
    if (performance.now() - begun > PATIENCE_MS) throw new Error('the messages do not go')
    const { messages } = (await healthOf(node!.webUrl))!
    return messages <= others + loaded.length + stored
  })
  return [
    [`start with ${many} messages`, `${figure(startMs)} ms until ready`],
    memory,
    [`stores with ${many} messages, 16 in flight`, timesText(loaded)],
    [
      `stores while ${many} messages expire, 16 in flight`,
      `${timesText(expiring)} (target: p99 ≤ 50), gone after ${figure((performance.now() - begun) / 1000)} s`,
    ],
  ]
}

async function withStore(
  path: string,
  work: (store: Awaited<ReturnType<typeof openSqliteStore>>) => Promise<void>,
): Promise<void> {
  const tuning = { maxBytes: 0, maxOwnerBytes: 0, maxOwnerMessages: 0, groupDelay: millis(2) }
  await using store = await openSqliteStore({ path, logger: silentLogger, tuning })
  await work(store)
}

async function startTime(network: BenchNetwork): Promise<number> {
  const start = performance.now()
  network.startNode(network.nodes[0]!)
  await network.untilReady()
  return performance.now() - start
}

/** Times of stores, ascending: at least one batch, until `isOver`, which hears how many there were. */
async function storesUntil(
  network: BenchNetwork,
  crypto: Crypto,
  isOver: (stored: number) => Promise<boolean>,
): Promise<number[]> {
  const lanes = new Lanes(network, 'link')
  const swarm = network.view.swarm(network.view.swarmIds[0]!)!
  const accounts = accountsOf(network, swarm, crypto, BATCH)
  const times: number[] = []
  try {
    do {
      const maker = { crypto, carrier: 'link' } as const
      const requests = accounts.map((account) => storeRequest(maker, account, swarm.members[0]!, 1))
      await drive({ lanes, inFlight: IN_FLIGHT, requests }, (index, answer, ms) => {
        const wrong = requests[index]!.check(answer)
        if (wrong !== undefined) throw new Error(wrong)
        times.push(ms)
      })
    } while (!(await isOver(times.length)))
  } finally {
    await lanes.close()
  }
  return times.sort((a, b) => a - b)
}

function timesText(sorted: readonly number[]): string {
  const at = (share: number) => figure(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))])
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${figure(sorted.at(-1))} ms`
}
