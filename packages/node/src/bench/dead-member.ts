/** A swarm of three that loses a member under load: what stores wait, and whether the member has everything afterwards. */
import { type Crypto, type MessageHash, parseMessageHash, toBase64, toHex, utf8 } from '@starling/protocol'
import type { BenchNetwork } from './bench-network.ts'
import { drive, Lanes } from './measure.ts'
import type { FigureRow } from './node-rows.ts'
import { accountsOf } from './request-rows.ts'
import { type Account, type Prepared, storeRequest } from './requests.ts'
import { figure } from './table.ts'

const IN_FLIGHT = 16
const ACCOUNTS = 100
/** After which the dead member is known to be down: what came before is told apart. */
const KNOWN_AFTER_MS = 1000
const PATIENCE_MS = 120_000
const POLL_MS = 250

type Acknowledged = { readonly account: Account; readonly hash: MessageHash }

export async function deadMemberRows(
  network: BenchNetwork,
  options: { readonly crypto: Crypto; readonly requests: number },
): Promise<FigureRow[]> {
  const { crypto } = options
  const swarm = network.view.swarm(network.view.swarmIds.at(-1)!)!
  // The first node of the network alone forms directories.
  const dead = swarm.members.find((member) => network.nodeOf(member) !== network.nodes[0])!
  const alive = swarm.members.filter((member) => member !== dead)
  const accounts = accountsOf(network, swarm, crypto, ACCOUNTS)
  const maker = { crypto, carrier: 'link' } as const
  const make = (index: number) =>
    storeRequest(maker, accounts[index % accounts.length]!, alive[index % alive.length]!, alive.length)
  const lanes = new Lanes(network, 'link')
  try {
    await network.stopNode(network.nodeOf(dead), 'SIGKILL')
    const first = await storesFor(lanes, KNOWN_AFTER_MS, make, accounts)
    const later = await stores(
      lanes,
      Array.from({ length: options.requests }, (_, index) => make(index)),
      accounts,
    )
    const acknowledged = [...first.acknowledged, ...later.acknowledged]
    network.startNode(network.nodeOf(dead))
    const start = performance.now()
    await network.untilReady()
    const readyMs = performance.now() - start
    const has = await untilCaughtUp(network, dead, acknowledged, crypto)
    return [
      ['one of three members dead: longest store until it is known', `${figure(first.times.at(-1))} ms (C++: 5,000)`],
      [
        'one of three members dead: stores from then on',
        `p50 ${figure(at(later.times, 0.5))}, p99 ${figure(at(later.times, 0.99))}, longest ${figure(later.times.at(-1))} ms (C++: 5,000; target: ≤ 250)`,
      ],
      [
        'the member comes back',
        `ready after ${figure(readyMs)} ms, has ${has} of ${acknowledged.length} messages after ${figure(performance.now() - start)} ms (C++: never)`,
      ],
    ]
  } finally {
    await lanes.close()
  }
}

type Stored = { readonly times: readonly number[]; readonly acknowledged: readonly Acknowledged[] }

/** Batches of stores until the time is over. */
async function storesFor(
  lanes: Lanes,
  durationMs: number,
  make: (index: number) => Prepared,
  accounts: readonly Account[],
): Promise<Stored> {
  const [times, acknowledged]: [number[], Acknowledged[]] = [[], []]
  for (const start = performance.now(); performance.now() - start < durationMs; ) {
    const batch = await stores(
      lanes,
      Array.from({ length: 4 * IN_FLIGHT }, (_, index) => make(index)),
      accounts,
    )
    times.push(...batch.times)
    acknowledged.push(...batch.acknowledged)
  }
  return { times: times.sort((a, b) => a - b), acknowledged }
}

async function stores(lanes: Lanes, requests: readonly Prepared[], accounts: readonly Account[]): Promise<Stored> {
  const [times, acknowledged]: [number[], Acknowledged[]] = [[], []]
  await drive({ lanes, inFlight: IN_FLIGHT, requests }, (index, answer, ms) => {
    times.push(ms)
    // Three receipts where the member was still there.
    const wrong = requests[index]!.check(answer)
    if (wrong !== undefined && wrong !== '3 receipts, not 2') throw new Error(wrong)
    const { hash } = JSON.parse(new TextDecoder().decode(answer.body)) as { hash: string }
    acknowledged.push({ account: accounts[index % accounts.length]!, hash: parseMessageHash(hash) })
  })
  return { times: times.sort((a, b) => a - b), acknowledged }
}

/** How many of the messages the member has: as soon as it has all, or when patience ends. */
async function untilCaughtUp(
  network: BenchNetwork,
  member: Parameters<BenchNetwork['nodeOf']>[0],
  acknowledged: readonly Acknowledged[],
  crypto: Crypto,
): Promise<number> {
  const end = performance.now() + PATIENCE_MS
  const { webUrl } = network.nodeOf(member)
  const accounts = [...new Set(acknowledged.map(({ account }) => account))]
  for (;;) {
    const there = new Set((await Promise.all(accounts.map((account) => hashesAt(webUrl, account, crypto)))).flat())
    const has = acknowledged.filter(({ hash }) => there.has(hash)).length
    if (has === acknowledged.length || performance.now() > end) return has
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** All pages of an account's messages. */
async function hashesAt(webUrl: string, { owner, keys }: Account, crypto: Crypto): Promise<string[]> {
  const hashes: string[] = []
  for (;;) {
    const timestamp = Date.now()
    const params = {
      pubkey: owner,
      pubkey_ed25519: toHex(keys.publicKey),
      timestamp,
      signature: toBase64(crypto.ed25519Sign(keys.secretKey, utf8(`retrieve${timestamp}`))),
      ...(hashes.length > 0 && { last_hash: hashes.at(-1) }),
    }
    const body = JSON.stringify({ method: 'retrieve', params })
    const response = await fetch(`${webUrl}/storage_rpc/v1`, { method: 'POST', body })
    if (response.status !== 200) return hashes // not ready yet: asked again
    const { messages, more } = (await response.json()) as { messages: { hash: string }[]; more: boolean }
    hashes.push(...messages.map(({ hash }) => hash))
    if (!more || messages.length === 0) return hashes
  }
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
}
