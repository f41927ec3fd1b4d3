/** `starling network status`. */
import { DirectoryError, DirectoryView, verifyDocument } from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { CliError, type ExitCode } from '../cli-error.ts'
import { type FetchOptions, fetchDocument, fetchHealth, type NodeHealth, swarmOf } from '../local-network/health.ts'
import { type Layout, readLayout, webUrlOf } from '../local-network/layout.ts'
import { isRunning } from '../local-network/process-identity.ts'
import { type RunFile, readRun } from '../local-network/run-file.ts'
import { localNetworkFolder } from '../paths.ts'
import type { CliPorts } from '../ports.ts'
import { renderTable } from '../terminal/table.ts'
import { jsonLine } from '../terminal/visible-text.ts'

/** `ready`: in the directory; `starting`: answers, but is not; `silent`: runs, but does not answer; `stopped`: does not run. */
type NodeState = 'ready' | 'starting' | 'silent' | 'stopped'

/** The stable form of `--json`. */
type NodeStatus = {
  readonly name: string
  readonly nodeId: string
  readonly state: NodeState
  readonly pid: number | null
  readonly swarm: string | null
  readonly epoch: number | null
  readonly messages: number | null
  readonly hints: number | null
  readonly url: string
}

type NetworkStatus = {
  readonly folder: string
  readonly running: boolean
  readonly appUrl: string | null
  readonly nodes: readonly NodeStatus[]
}

/** 0 if every node is ready, else 1. */
export async function networkStatus(
  options: { readonly folder?: string; readonly json?: boolean },
  ports: CliPorts,
): Promise<ExitCode> {
  const folder = localNetworkFolder(options.folder)
  const layout = readLayout(folder)
  if (layout === undefined) {
    throw new CliError('network_file', `There is no local network in ${folder}. \`starling network up\` makes one.`)
  }
  const fetching = { clock: ports.clock, signal: new AbortController().signal }
  const status = await statusOf(folder, layout, fetching)
  ports.output.write(options.json ? jsonLine(status) : renderStatus(status))
  return status.nodes.every(({ state }) => state === 'ready') ? 0 : 1
}

async function statusOf(folder: string, layout: Layout, fetching: FetchOptions): Promise<NetworkStatus> {
  const run = readRun(folder)
  const [view, healths] = await Promise.all([
    fetchView(layout, fetching),
    Promise.all(layout.nodes.map((node) => fetchHealth(webUrlOf(node), fetching))),
  ])
  const nodes = layout.nodes.map((node, at): NodeStatus => {
    const health = healths[at]
    const pid = pidOf(run, node.name)
    return {
      name: node.name,
      nodeId: node.nodeId,
      state: stateOf(pid, health),
      pid: pid ?? null,
      swarm: swarmOf(view, node.nodeId) ?? null,
      epoch: health?.epoch ?? null,
      messages: health?.messages ?? null,
      hints: health?.hints ?? null,
      url: webUrlOf(node),
    }
  })
  const running = run !== undefined && isRunning(run.supervisor)
  return { folder, running, appUrl: (running && run.appUrl) || null, nodes }
}

function renderStatus(status: NetworkStatus): string {
  const count = (value: number | string | null) => (value === null ? '–' : String(value))
  const table = renderTable(
    [
      { title: 'NODE' },
      { title: 'PID', align: 'right' },
      { title: 'STATE' },
      { title: 'SWARM' },
      { title: 'EPOCH', align: 'right' },
      { title: 'MESSAGES', align: 'right' },
      { title: 'HINTS', align: 'right' },
    ],
    status.nodes.map((node) => [
      node.name,
      count(node.pid),
      node.state,
      count(node.swarm),
      count(node.epoch),
      count(node.messages),
      count(node.hints),
    ]),
  )
  const ready = status.nodes.filter(({ state }) => state === 'ready').length
  const app = status.appUrl === null ? '' : `App: ${status.appUrl}\n`
  return `Local network in ${status.folder}\n${ready} of ${status.nodes.length} nodes are ready.\n${app}\n${table}`
}

function pidOf(run: RunFile | undefined, name: string): number | undefined {
  const record = run?.nodes.find((node) => node.name === name)
  return record && isRunning(record) ? record.pid : undefined
}

function stateOf(pid: number | undefined, health: NodeHealth | undefined): NodeState {
  // Another program may answer on the port of a node that does not run.
  if (pid === undefined) return 'stopped'
  if (health === undefined) return 'silent'
  return health.ready ? 'ready' : 'starting'
}

/** The newest directory among those that the nodes go by. */
async function fetchView({ network, nodes }: Layout, fetching: FetchOptions): Promise<DirectoryView | undefined> {
  const crypto = createNativeCrypto()
  const documents = await Promise.all(nodes.map((node) => fetchDocument(webUrlOf(node), fetching)))
  const verified = documents.flatMap((encoded) => {
    try {
      return encoded === undefined ? [] : [verifyDocument(crypto, network, encoded)]
    } catch (error) {
      if (error instanceof DirectoryError) return []
      throw error
    }
  })
  const [newest] = verified.sort((a, b) => b.epoch - a.epoch)
  return newest && new DirectoryView(newest)
}
