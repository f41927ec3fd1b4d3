/** What comes before the first process: the folder is ours alone, its network is there, and its ports are free. */
import { type Crypto, millis, type RandomBytes, seconds } from '@starling/protocol'
import type { Clock } from '@starling/runtime'
import { CliError } from '../cli-error.ts'
import { chooseBase, isPortFree, MAX_NODES, takenPorts } from './choose-ports.ts'
import { createLayout } from './create-layout.ts'
import { type Layout, readLayout } from './layout.ts'
import {
  DEFAULT_NODES,
  DEFAULT_PORT_BASE,
  DEFAULT_SWARM_SIZE,
  type LocalNetworkOptions,
  NetworkRunningError,
} from './options.ts'
import { isRunning, processIdentity, signalProcess, untilEnded } from './process-identity.ts'
import { claimRun, type NamedProcess, type RunFile, readRun, releaseRun } from './run-file.ts'

const POLL = millis(100)
const LEFTOVER_PATIENCE = seconds(10)

export type Tools = { readonly clock: Clock; readonly random: RandomBytes; readonly crypto: Crypto }

/**
 * Takes the folder for this program; nodes that a program left behind when it was killed are stopped first.
 *
 * @throws {NetworkRunningError} `network_running`
 */
export async function claimFolder({ folder, onEvent, signal }: LocalNetworkOptions, clock: Clock): Promise<RunFile> {
  const run: RunFile = { supervisor: { pid: process.pid, identity: processIdentity(process.pid) ?? '' }, nodes: [] }
  while (!claimRun(folder, run)) {
    const other = readRun(folder)
    if (other && isRunning(other.supervisor)) throw new NetworkRunningError(folder, other)
    const stopped = await stopLeftovers(other?.nodes ?? [], clock, signal ?? new AbortController().signal)
    if (stopped > 0) onEvent?.({ kind: 'cleaned', processes: stopped })
    releaseRun(folder)
  }
  return run
}

/** Stops nodes that nobody looks after; how many there were. */
export async function stopLeftovers(
  nodes: readonly NamedProcess[],
  clock: Clock,
  signal: AbortSignal,
): Promise<number> {
  const found = nodes.filter(isRunning)
  for (const node of found) signalProcess(node, 'SIGTERM')
  const waiting = { clock, patience: LEFTOVER_PATIENCE, interval: POLL, signal }
  for (const node of await untilEnded(found, waiting)) signalProcess(node, 'SIGKILL')
  await untilEnded(found, waiting)
  return found.length
}

/**
 * The network of the folder, which is made if there is none.
 *
 * @throws {CliError} `network_file`, `folder_not_ours`, `network_differs`, `port_taken`, `invalid_input`
 */
export async function openLayout(options: LocalNetworkOptions, tools: Tools): Promise<Layout> {
  const layout = readLayout(options.folder)
  if (layout === undefined) return create(options, tools)
  await checkLayout(options, layout)
  return layout
}

async function create(options: LocalNetworkOptions, { random, crypto }: Tools): Promise<Layout> {
  const { folder, nodes = DEFAULT_NODES, portBase: wanted = DEFAULT_PORT_BASE, outside = {}, onEvent } = options
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > MAX_NODES) {
    throw new CliError('invalid_input', `A local network has 1 to ${MAX_NODES} nodes. Nothing was made.`)
  }
  onEvent?.({ kind: 'creating', nodes })
  const portBase = await chooseBase({ wanted, nodes, random, isFree: isPortFree })
  if (wanted !== 'any' && portBase !== wanted) onEvent?.({ kind: 'otherPorts', wanted, chosen: portBase })
  const parameters = { swarmSize: DEFAULT_SWARM_SIZE, ...options.parameters }
  return createLayout({ folder, nodes, portBase, parameters, outside, crypto, random })
}

/** What is there stays as it is: ports and sizes are part of what clients know of the network. */
async function checkLayout(options: LocalNetworkOptions, { network, nodes }: Layout): Promise<void> {
  const { folder, parameters } = options
  const { swarmSize } = network.parameters
  if ((options.nodes ?? nodes.length) !== nodes.length || (parameters?.swarmSize ?? swarmSize) !== swarmSize) {
    throw new CliError(
      'network_differs',
      `The network in ${folder} has ${nodes.length} nodes and swarms of ${swarmSize}, and keeps them. ` +
        'Nothing was started. Leave --nodes and --swarm-size out, or make another network with --folder.',
    )
  }
  const [taken, ...more] = await takenPorts(nodes, isPortFree)
  if (taken === undefined) return
  const others = more.length > 0 ? ` and ${more.length} more` : ''
  throw new CliError(
    'port_taken',
    `Port ${taken}${others} of this network is taken by another program. Nothing was started or changed. ` +
      `\`ss -ltnp 'sport = :${taken}'\` shows which one it is: end it, or make another network with --folder.`,
  )
}
