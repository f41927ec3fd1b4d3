/** What a running node says, as lines for a person. */

import type { OperatorStatus } from '@starling/node/operator'
import { millis } from '@starling/protocol'
import { formatBytes } from './check-disk.ts'

/** Two looks at the node, so that there is something per second; and how far the clock is off, if known. */
export type Observed = {
  readonly status: OperatorStatus
  readonly before?: { readonly status: OperatorStatus; readonly secondsAgo: number }
  readonly clock?: string
}

const LABEL_WIDTH = 10

export function renderStatus(observed: Observed): string {
  const { status } = observed
  const rows: readonly (readonly [string, string])[] = [
    ['Node', `${status.nodeId}  ${stateOf(status)}`],
    ['Running', `${formatDuration(status.uptimeSeconds)}, version ${status.softwareVersion}`],
    ['Network', networkLine(status)],
    ['Swarm', swarmLine(status)],
    ['Repair', repairLine(status)],
    ['Stored', storedLine(status)],
    ['Waiting', waitingLine(status)],
    ['Requests', requestsLine(observed)],
    ['Links', `${count(status.links.clients)} of clients, ${count(status.links.peers)} with nodes`],
    ['Process', `${formatBytes(status.rssBytes)} of memory, event loop late by ${status.eventLoopDelayMillis} ms`],
    ...(observed.clock === undefined ? [] : [['Clock', observed.clock] as const]),
  ]
  return rows.map(([label, text]) => `${label.padEnd(LABEL_WIDTH)}${text}\n`).join('')
}

/** In one word, or nearly. */
export function stateOf({ ready, intent, swarm, repair, announced, directory }: OperatorStatus): string {
  if (intent === 'leave') return swarm ? 'leaving' : 'left, handing over'
  if (ready) return 'ready'
  if (swarm) return repair.catchingUp ? 'catching up' : 'starting'
  if (announced === 'not_admitted') return 'not invited'
  if (announced === 'wrong_time') return 'refused: wrong clock'
  if (announced === 'accepted') return 'waiting for the next directory'
  return directory ? 'not in the directory' : 'looking for the network'
}

function networkLine({ network, directory }: OperatorStatus): string {
  if (!directory) return `${network}: no directory yet`
  const { epoch, ageSeconds, nodes, swarms, isStale } = directory
  const stale = isStale ? ', STALE: the directory members are away' : ''
  return `${network}, epoch ${epoch}, ${formatDuration(ageSeconds)} old${stale}; ${plural(nodes, 'node')} in ${plural(swarms, 'swarm')}`
}

function swarmLine({ swarm }: OperatorStatus): string {
  if (!swarm) return 'none'
  const silent = swarm.silent === 0 ? '' : `, ${swarm.silent} of them silent`
  return `${swarm.id}, ${plural(swarm.members, 'member')}${silent}`
}

function repairLine({ repair }: OperatorStatus): string {
  const { progress, last, catchingUp } = repair
  const now = progress ? `${progress.kind}: ${count(progress.done)} of ${count(progress.total)}` : undefined
  if (now) return catchingUp ? `catching up, ${now}` : now
  if (!last) return catchingUp ? 'catching up' : 'no round yet'
  const unreached = last.unreached === 0 ? '' : `, ${last.unreached} not reached`
  return `last round ${formatDuration(last.agoSeconds)} ago: ${last.compared} compared${unreached}, ${count(last.taken)} taken`
}

function storedLine({ store, handOver }: OperatorStatus): string {
  const bound = store.maxBytes === 0 ? '' : ` of ${formatBytes(store.maxBytes)}`
  const others = handOver.remaining === 0 ? '' : `; ${count(handOver.remaining)} to hand over to other swarms`
  return `${plural(store.messages, 'message')} in ${formatBytes(store.sizeBytes)}${bound}, ${formatBytes(store.freeBytes)} free${others}`
}

function waitingLine({ hints, held }: OperatorStatus): string {
  const missed =
    hints.total === 0 ? 'no hints' : `${plural(hints.total, 'hint')} for ${plural(hints.members, 'member')}`
  return `${missed}, ${plural(held, 'held retrieval')}`
}

function requestsLine({ status, before }: Observed): string {
  if (!before) return `${count(status.requests)} since the start, ${count(status.errors)} of them failed`
  const { secondsAgo } = before
  const perSecond = (now: number, then: number) => Math.max((now - then) / Math.max(secondsAgo, 0.001), 0).toFixed(1)
  return `${perSecond(status.requests, before.status.requests)}/s, ${perSecond(status.errors, before.status.errors)}/s fail`
}

function plural(value: number, word: string): string {
  return `${count(value)} ${word}${value === 1 ? '' : 's'}`
}

function count(value: number): string {
  return value.toLocaleString('en')
}

/** The largest two units. */
export function formatDuration(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [Math.floor(seconds) % 60, 's'],
  ] as const
  const first = parts.findIndex(([value]) => value > 0)
  if (first < 0) return '0 s'
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ')
}

export const REFRESH = millis(2_000)
