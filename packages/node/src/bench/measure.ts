/** A closed loop over prepared requests: each of the lanes in flight sends its next request when its last was answered. */
import type { NodeEntry, NodeId } from '@starling/protocol'
import { cpuMsOf } from './affinity.ts'
import type { BenchNetwork } from './bench-network.ts'
import { openHttpsLane } from './https-lane.ts'
import type { Answer, Lane } from './lane.ts'
import { openLinkLane } from './link-lane.ts'
import type { Carrier, Prepared } from './requests.ts'

export type Measured = {
  readonly requests: number
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  /** User and system time of all nodes, ms a request; the parts by node. */
  readonly cpuMs: number
  readonly cpuMsOf: ReadonlyMap<NodeId, number>
}

/**
 * Connections, made when first asked for: over HTTPS one for each lane and node, while a link, which is made for many
 * requests at once, serves all lanes.
 */
export class Lanes {
  readonly #network: BenchNetwork
  readonly #carrier: Carrier
  readonly #lanes = new Map<string, Promise<Lane>>()

  constructor(network: BenchNetwork, carrier: Carrier) {
    this.#network = network
    this.#carrier = carrier
  }

  async to(entry: NodeEntry, lane: number): Promise<Lane> {
    const connection = this.#carrier === 'https' ? lane : 0
    const key = `${entry.descriptor.nodeId} ${connection}`
    const existing = this.#lanes.get(key)
    if (existing !== undefined && !(await existing).isClosed) return existing
    const open = this.#carrier === 'https' ? openHttpsLane : openLinkLane
    const opened = open(this.#network.nodeOf(entry).httpsPort, sourceOf(connection))
    this.#lanes.set(key, opened)
    return opened
  }

  async close(): Promise<void> {
    for (const lane of await Promise.all(this.#lanes.values())) lane.close()
    this.#lanes.clear()
  }
}

/** Nodes limit requests by address: each lane comes from its own. */
function sourceOf(lane: number): string {
  return `127.1.${lane >> 8}.${(lane & 255) + 1}`
}

/**
 * Sends all requests and looks into every answer after the clock has stopped.
 *
 * @throws {Error} if an answer is not the right one.
 */
export async function measure(options: {
  readonly network: BenchNetwork
  readonly lanes: Lanes
  readonly inFlight: number
  readonly requests: readonly Prepared[]
  /** Of wrong answers; 0 unless told. */
  readonly mayFail?: number
}): Promise<Measured> {
  const { network, requests, inFlight } = options
  await openAll(options)
  const answers: Answer[] = new Array(requests.length)
  const times = new Float64Array(requests.length)
  const cpuBefore = cpuOf(network)
  const start = performance.now()
  await drive(options, (index, answer, ms) => {
    answers[index] = answer
    times[index] = ms
  })
  const wall = performance.now() - start
  const cpu = new Map([...cpuOf(network)].map(([id, after]) => [id, (after - cpuBefore.get(id)!) / requests.length]))
  assertRight(requests, answers, options.mayFail ?? 0)
  const sorted = times.sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
  return {
    requests: requests.length,
    perSecond: (1000 * requests.length) / wall,
    p50: at(0.5),
    p99: at(0.99),
    max: sorted.at(-1)!,
    cpuMs: [...cpu.values()].reduce((sum, ms) => sum + ms, 0),
    cpuMsOf: cpu,
  }

  function cpuOf({ nodes }: BenchNetwork): Map<NodeId, number> {
    return new Map(
      nodes.flatMap(({ nodeId, child }) => (child?.pid === undefined ? [] : [[nodeId, cpuMsOf(child.pid)]])),
    )
  }

  /** So that no handshake is in the measurement. */
  async function openAll({ lanes }: { readonly lanes: Lanes }): Promise<void> {
    const nodes = new Set(requests.map(({ to }) => to))
    for (let lane = 0; lane < inFlight; lane++) for (const node of nodes) await lanes.to(node, lane)
  }
}

/** Sends all requests; `take` hears of each answer. */
export async function drive(
  options: { readonly lanes: Lanes; readonly inFlight: number; readonly requests: readonly Prepared[] },
  take: (index: number, answer: Answer, ms: number) => void,
): Promise<void> {
  const { lanes, inFlight, requests } = options
  let next = 0
  const run = async (number: number) => {
    while (next < requests.length) {
      const index = next++
      const { to, bytes } = requests[index]!
      const lane = await lanes.to(to, number)
      const sent = performance.now()
      const answer = await lane.send(bytes)
      take(index, answer, performance.now() - sent)
    }
  }
  await Promise.all(Array.from({ length: inFlight }, (_, number) => run(number)))
}

function assertRight(requests: readonly Prepared[], answers: readonly Answer[], mayFail: number): void {
  const wrong = requests.flatMap(({ check }, index) => check(answers[index]!) ?? [])
  if (wrong.length > mayFail) throw new Error(`${wrong.length} of ${requests.length} answers are wrong: ${wrong[0]}`)
}
