/** The rows of the table that have a mark to beat: requests over HTTPS and over links, with 1, 16 and 64 in flight. */
import {
  type Crypto,
  isJsonObject,
  type MessageHash,
  type NodeEntry,
  type Owner,
  ownerBytes,
  parseMessageHash,
  type Swarm,
} from '@starling/protocol'
import { shuffle, systemRandom } from '@starling/runtime'
import type { BenchNetwork } from './bench-network.ts'
import { cppMark, type RowName, targetOf } from './marks.ts'
import { drive, Lanes, type Measured, measure } from './measure.ts'
import {
  type Account,
  type Carrier,
  createAccount,
  type Prepared,
  type RequestMaker,
  retrieveRequest,
  storeRequest,
} from './requests.ts'
import { figure } from './table.ts'

const random = systemRandom()
const MESSAGES = 10
const READERS = 100
const WRITERS = 500
const RELAYS = 2

export type BenchOptions = {
  readonly crypto: Crypto
  /** Requests of each row; less with one in flight. */
  readonly requests: number
  /** Requests before each row. */
  readonly warmUp: number
  readonly inFlight: readonly number[]
  /** Times that each row is measured; the run with the median processor time counts. */
  readonly runs: number
  /** Rows whose name contains none of these words are left out; none: all. */
  readonly only: readonly string[]
}

export const REQUEST_HEAD = [
  'Request',
  'over',
  'in flight',
  'CPU ms',
  'C++ CPU',
  'ratio',
  'target',
  'per second',
  'C++ /s',
  'p50 ms',
  'p99 ms',
]

/** An account of this swarm. */
type Accounts = (count: number) => Account[]

/** All rows of a network whose last swarm is stored to, and whose other nodes relay. */
export async function* requestRows(network: BenchNetwork, options: BenchOptions): AsyncGenerator<readonly string[]> {
  const { view } = network
  const swarm = view.swarm(view.swarmIds.at(-1)!)!
  const accounts: Accounts = (count) => accountsOf(network, swarm, options.crypto, count)
  const outside = [...view.nodes.values()].filter((entry) => !swarm.members.includes(entry))
  for (const carrier of ['https', 'link'] as const) {
    const lanes = new Lanes(network, carrier)
    try {
      yield* storeRows({ network, lanes, options, accounts, carrier, swarm, relays: undefined })
      if (swarm.members.length === 1) continue
      const readers = accounts(READERS)
      await fill({ network, lanes, options, carrier, readers })
      yield* readRows({ network, lanes, options, carrier, readers, relays: undefined })
      if (outside.length < RELAYS) continue
      const relays = () => shuffle(random, outside).slice(0, RELAYS)
      yield* storeRows({ network, lanes, options, accounts, carrier, swarm, relays })
      yield* readRows({ network, lanes, options, carrier, readers, relays })
    } finally {
      await lanes.close()
    }
  }
}

export function accountsOf(network: BenchNetwork, swarm: Swarm, crypto: Crypto, count: number): Account[] {
  const accounts: Account[] = []
  const swarmOf = (owner: Owner) => network.view.swarmOf(ownerBytes(owner).subarray(1))!
  while (accounts.length < count) {
    const account = createAccount(crypto, swarmOf)
    if (account.swarm === swarm) accounts.push(account)
  }
  return accounts
}

type Context = {
  readonly network: BenchNetwork
  readonly lanes: Lanes
  readonly options: BenchOptions
  readonly carrier: Carrier
}
type Relays = RequestMaker['relays'] | undefined

async function* storeRows(
  context: Context & { readonly accounts: Accounts; readonly swarm: Swarm; readonly relays: Relays },
): AsyncGenerator<readonly string[]> {
  const { swarm, relays } = context
  const name = relays ? 'onion store' : swarm.members.length === 1 ? 'store, swarm of 1' : 'store, swarm of 3'
  const writers = context.accounts(WRITERS)
  yield* rows(context, name, (index) => {
    const account = writers[index % writers.length]!
    return storeRequest(makerOf(context, relays), account, pick(account.swarm.members), swarm.members.length)
  })
}

async function* readRows(
  context: Context & { readonly readers: readonly Account[]; readonly relays: Relays },
): AsyncGenerator<readonly string[]> {
  const { readers, relays } = context
  const maker = makerOf(context, relays)
  yield* rows(context, relays ? 'onion retrieve' : 'retrieve 10', (index) => {
    const account = readers[index % readers.length]!
    return retrieveRequest(maker, account, pick(account.swarm.members), { expected: account.hashes })
  })
  if (relays) return
  // The order in which messages came is each node's own: an account polls one node.
  yield* rows(context, 'poll', (index) => {
    const account = readers[index % readers.length]!
    return retrieveRequest(maker, account, account.swarm.members[0]!, {
      lastHash: account.hashes.at(-1)!,
      expected: [],
    })
  })
}

async function* rows(
  context: Context,
  name: RowName,
  make: (index: number) => Prepared,
): AsyncGenerator<readonly string[]> {
  const { network, lanes, options, carrier } = context
  const { only, runs } = options
  if (only.length > 0 && !only.some((word) => `${name} ${carrier}`.includes(word))) return
  const wanted = options.inFlight.filter(
    (inFlight) => inFlight === 16 || cppMark(name, inFlight) || options.inFlight.length === 1,
  )
  for (const inFlight of wanted) {
    const count = inFlight === 1 ? Math.ceil(options.requests / 4) : options.requests
    const measured: Measured[] = []
    for (let run = 0; run < runs; run++) {
      // Nodes run for months: what is measured is code that the engine has optimised.
      const warmUp = Array.from({ length: run === 0 ? options.warmUp : inFlight }, (_, index) => make(index))
      await drive({ lanes, inFlight, requests: warmUp }, () => {})
      const requests = Array.from({ length: count }, (_, index) => make(index))
      measured.push(await measure({ network, lanes, inFlight, requests }))
    }
    measured.sort((a, b) => a.cpuMs - b.cpuMs)
    yield formatRow(name, carrier, inFlight, measured[Math.floor((runs - 1) / 2)]!)
  }
}

function formatRow(name: RowName, carrier: Carrier, inFlight: number, measured: Measured): readonly string[] {
  const cpp = cppMark(name, inFlight)
  const target = targetOf(name, carrier, inFlight)
  return [
    name,
    carrier === 'https' ? 'HTTPS' : 'link',
    String(inFlight),
    figure(measured.cpuMs),
    figure(cpp?.cpuMs),
    cpp ? `${(cpp.cpuMs / measured.cpuMs).toFixed(1)}×` : '–',
    target ? `≤ ${target.cpuMs.toFixed(2)}` : '–',
    figure(measured.perSecond),
    figure(cpp?.perSecond),
    figure(measured.p50),
    figure(measured.p99),
  ]
}

/** Ten messages for each reader, and their hashes in the order in which the polled node has them. */
async function fill(context: Context & { readonly readers: readonly Account[] }): Promise<void> {
  const { network, lanes, readers, options, carrier } = context
  const maker = makerOf(context, undefined)
  const stores = readers.flatMap((account) =>
    Array.from({ length: MESSAGES }, () =>
      storeRequest(maker, account, pick(account.swarm.members), account.swarm.members.length),
    ),
  )
  await measure({ network, lanes, inFlight: 16, requests: stores })
  const asks = readers.map((account) => retrieveRequest(maker, account, account.swarm.members[0]!, { expected: [] }))
  await drive({ lanes, inFlight: 16, requests: asks }, (index, { body }) => {
    const answer: unknown = JSON.parse(new TextDecoder().decode(body))
    const messages = isJsonObject(answer) ? (answer['messages'] as { hash: string }[]) : []
    readers[index]!.hashes.push(...messages.map(({ hash }): MessageHash => parseMessageHash(hash)))
  })
  const short = readers.filter(({ hashes }) => hashes.length !== MESSAGES).length
  if (short > 0)
    throw new Error(`${short} accounts of ${readers.length} lack messages, ${carrier}, ${options.requests}`)
}

function makerOf({ options, carrier }: Context, relays: Relays): RequestMaker {
  return { crypto: options.crypto, carrier, ...(relays && { relays }) }
}

function pick(entries: readonly NodeEntry[]): NodeEntry {
  return entries[Math.floor(Math.random() * entries.length)]!
}
