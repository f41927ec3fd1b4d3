/** What a node takes besides time: memory and disk, and what a relay can pass on. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Crypto } from '@starling/protocol'
import { residentBytesOf } from './affinity.ts'
import { type BenchNetwork, type BenchNode, healthOf } from './bench-network.ts'
import { Lanes, measure } from './measure.ts'
import { accountsOf } from './request-rows.ts'
import { storeRequest } from './requests.ts'
import { figure } from './table.ts'

export const FIGURE_HEAD = ['Figure', 'value']
export type FigureRow = readonly [name: string, value: string]

const MEGABYTE = 1e6
const IN_FLIGHT = 16

/** Median resident memory of the nodes. */
export function memoryRow(network: BenchNetwork, when: string): FigureRow {
  const sizes = network.pids.map(residentBytesOf).sort((a, b) => a - b)
  return [`memory of a node, ${when}`, `${figure(sizes[Math.floor(sizes.length / 2)]! / MEGABYTE)} MB`]
}

/** Of a node that has only messages of 2,048 bytes. Stops it, so that everything is in its place. */
export async function diskRow(network: BenchNetwork, node: BenchNode): Promise<FigureRow> {
  const messages = (await healthOf(node.webUrl))!.messages
  await network.stopNode(node)
  const { size } = statSync(databaseOf(node))
  return ['bytes on disk for a message of 2,048 bytes', `${figure(size / messages)} (C++: 4,200; target: ≤ 2,600)`]
}

export function databaseOf(node: BenchNode): string {
  return join(node.folder, 'data', 'messages.sqlite')
}

/** Processor time of a guard and of a middle hop for one request and its answer; what a core could pass on. */
export async function relayRows(
  network: BenchNetwork,
  options: { readonly crypto: Crypto; readonly requests: number },
): Promise<FigureRow[]> {
  const { view } = network
  const swarm = view.swarm(view.swarmIds.at(-1)!)!
  const [guard, middle] = [...view.nodes.values()].filter((entry) => !swarm.members.includes(entry))
  if (!guard || !middle) return []
  const lanes = new Lanes(network, 'link')
  try {
    const maker = { crypto: options.crypto, carrier: 'link', relays: () => [guard, middle] } as const
    const accounts = accountsOf(network, swarm, options.crypto, 50)
    const [to] = swarm.members
    const requests = Array.from({ length: options.requests }, (_, index) =>
      storeRequest(maker, accounts[index % accounts.length]!, to!, swarm.members.length),
    )
    const { cpuMsOf } = await measure({ network, lanes, inFlight: IN_FLIGHT, requests })
    return [guard, middle].map((entry, hop) => {
      const cpuMs = cpuMsOf.get(entry.descriptor.nodeId)!
      const name = `relay, as ${hop === 0 ? 'guard (link in, peer link out)' : 'middle hop (peer links)'}`
      return [name, `${figure(cpuMs)} ms CPU a request: ${figure(1000 / cpuMs)}/s a core`]
    })
  } finally {
    await lanes.close()
  }
}
