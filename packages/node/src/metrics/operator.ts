/** What the operator sees of a running node, and may ask of it: the routes behind the metrics port. */
import { randomBytes } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, type Logger, TaskGroup } from '@starling/runtime'
import type { NodeConfig } from '../config.ts'
import { keepIntent } from '../directory/leaving.ts'
import type { Intent } from '../directory/membership.ts'
import { OPERATOR_TOKEN } from '../file-names.ts'
import { SOFTWARE_VERSION } from '../node-files.ts'
import type { RepairRound } from '../node-status.ts'
import { writePrivateFile } from '../private-file.ts'
import type { StarlingNode } from '../starling-node.ts'
import { EventLoopDelay } from './event-loop.ts'
import type { NodeMetrics } from './node-metrics.ts'
import { json, type OperatorAnswer, startOperatorServer, text } from './operator-server.ts'
import { type OperatorStatus, setGauges } from './operator-status.ts'

export type OperatorOptions = {
  readonly config: NodeConfig & { readonly metrics: NonNullable<NodeConfig['metrics']> }
  readonly networkName: string
  readonly node: StarlingNode
  readonly metrics: NodeMetrics
  readonly links: () => OperatorStatus['links']
  /** How often a limit was reached, by its name. */
  readonly refusals: () => Readonly<Record<string, number>>
  readonly clock: Clock
  readonly logger: Logger
  /** Reads the invitations again; `undefined`, if the node holds no directory key. */
  readonly reload: (() => void) | undefined
}

export async function startOperator(options: OperatorOptions): Promise<AsyncDisposable> {
  const { config, clock, logger, metrics } = options
  const started = clock.monotonic()
  const delay = new EventLoopDelay()
  const tasks = new TaskGroup({ onFailure: () => logger.error('operator.task_failed') })
  const status = async () => statusOf(options, { uptime: clock.monotonic() - started, delay: delay.p99Millis })
  const server = await startOperatorServer({
    host: config.metrics.host,
    port: config.metrics.port,
    token: writeToken(config.dataFolder),
    logger,
    routes: {
      'GET /metrics': async () => {
        setGauges(metrics.registry, await status())
        setCounters(options)
        return { ...text(200, ''), body: metrics.registry.expose(), contentType: 'text/plain; version=0.0.4' }
      },
      'GET /status': async () => json(200, await status()),
      'POST /leave': () => setIntent(options, 'leave'),
      'POST /join': () => setIntent(options, 'stay'),
      'POST /reload': () => reload(options),
    },
  })
  tasks.run('event-loop', (signal) => delay.run(clock, signal))
  return {
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await tasks[Symbol.asyncDispose]()
    },
  }
}

function writeToken(dataFolder: string): string {
  const token = randomBytes(32).toString('hex')
  const path = join(dataFolder, OPERATOR_TOKEN)
  writePrivateFile(path, `${token}\n`, { replace: true })
  chmodSync(path, 0o600)
  return token
}

function setIntent({ config, node, logger }: OperatorOptions, intent: Intent): OperatorAnswer {
  if (intent === 'leave' && config.directory) {
    return text(409, 'a node that holds a directory key cannot leave: nobody would form the next document')
  }
  keepIntent(config.dataFolder, intent)
  node.membership.setIntent(intent)
  logger.info('operator.intent', { kind: intent })
  return json(200, { intent })
}

function reload({ reload, logger }: OperatorOptions): OperatorAnswer {
  if (!reload) return text(409, 'this node holds no directory key: it invites nobody')
  reload()
  logger.info('operator.reloaded')
  return json(200, {})
}

async function statusOf(
  options: OperatorOptions,
  { uptime, delay }: { readonly uptime: number; readonly delay: number },
): Promise<OperatorStatus> {
  const { config, node, metrics, clock, networkName, links } = options
  const [status, disk] = await Promise.all([node.status(), statfs(config.dataFolder)])
  const now = clock.now()
  const { directory, role, repair } = status
  return {
    nodeId: status.nodeId,
    softwareVersion: SOFTWARE_VERSION,
    network: networkName,
    uptimeSeconds: Math.floor(uptime / 1000),
    ready: role.kind === 'member' && !repair.isCatchingUp,
    intent: node.membership.intent.snapshot,
    announced: node.membership.announced,
    directory: directory
      ? {
          epoch: directory.epoch,
          ageSeconds: secondsBetween(directory.validAfter, now),
          isStale: now >= directory.validUntil,
          nodes: directory.nodes,
          swarms: directory.swarms,
        }
      : null,
    swarm:
      role.kind === 'member'
        ? {
            id: role.swarmId.toString(16).padStart(16, '0'),
            members: role.others.length + 1,
            silent: role.others.filter(({ isSuspect }) => isSuspect).length,
          }
        : null,
    repair: {
      catchingUp: repair.isCatchingUp,
      progress: repair.progress ?? null,
      last: repair.last ? lastRound(repair.last, now) : null,
    },
    handOver: { remaining: status.handOver.remaining, handedOver: status.handOver.handedOver },
    hints: status.hints,
    store: {
      messages: status.store.messages,
      records: status.store.records,
      sizeBytes: status.store.sizeBytes,
      maxBytes: config.maxStorageBytes,
      freeBytes: disk.bavail * disk.bsize,
    },
    held: status.held,
    onions: status.onions,
    subscriptions: status.subscriptions,
    links: links(),
    requests: metrics.totals.requests,
    errors: metrics.totals.errors,
    rssBytes: process.memoryUsage.rss(),
    eventLoopDelayMillis: Math.round(delay * 10) / 10,
  }
}

function lastRound(
  { endedAt, compared, unreached, taken, bytes, refused }: RepairRound,
  now: number,
): OperatorStatus['repair']['last'] {
  return { agoSeconds: secondsBetween(endedAt, now), compared, unreached, taken, bytes, refused }
}

function secondsBetween(earlier: number, later: number): number {
  return Math.max(Math.floor((later - earlier) / 1000), 0)
}

function setCounters({ metrics: { registry }, refusals }: OperatorOptions): void {
  const { user, system } = process.cpuUsage()
  const cpu = registry.counter('starling_cpu_seconds_total', 'Processor time of the process, user and system.')
  cpu.value = (user + system) / 1e6
  for (const [limit, count] of Object.entries(refusals())) {
    registry.counter('starling_refused_total', 'Requests and connections refused by a limit.', { limit }).value = count
  }
}
