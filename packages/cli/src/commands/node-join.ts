/** `starling node join` and `leave`: in and out of a network, with what happens meanwhile. The node itself does the work. */

import { keepIntent, type NodeConfig, type OperatorStatus } from '@starling/node/operator'
import { type Millis, millis, seconds } from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { CliError, type ExitCode } from '../cli-error.ts'
import { nodeIdIn } from '../operator/key-files.ts'
import { openConfig, openNetwork } from '../operator/open-config.ts'
import { stateOf } from '../operator/render-status.ts'
import { type Asking, fetchStatus, tell } from '../operator/running-node.ts'
import { type CliPorts, interruptSignal } from '../ports.ts'
import { Progress } from '../terminal/progress.ts'

const INTERVAL = seconds(1)

export type NodeJoinOptions = { readonly config: string; readonly timeout?: number }

/** 0 when the node is in the directory and has caught up. */
export async function nodeJoin(options: NodeJoinOptions, ports: CliPorts): Promise<ExitCode> {
  const { config } = openConfig(options.config, ports)
  const network = openNetwork(config)
  const nodeId = nodeIdIn(config, createNativeCrypto())
  ports.output.write(
    `Network  ${network.name}\nNode ID  ${nodeId}\n` +
      'A directory member invites it: `starling node invite <node ID>` there, or "invited" in its configuration.\n',
  )
  return wait(options, ports, async (asking, progress) => {
    const status = await fetchStatus(config, asking)
    if (!status) {
      // A wish to leave from before would make the node leave again as soon as it runs.
      keepIntent(config.dataFolder, 'stay')
      progress.update('the node does not run: start it with `systemctl start starling-node` or `starling node run`')
      return undefined
    }
    if (status.intent === 'leave') await tell(config, '/join', asking)
    if (status.ready) return `The node takes part: epoch ${status.directory?.epoch}, swarm ${status.swarm?.id}.`
    progress.update(joinProgress(status))
    return undefined
  })
}

/** 0 when the node has handed over what it had, and has stopped. */
export async function nodeLeave(
  options: NodeJoinOptions & { readonly cancel?: boolean },
  ports: CliPorts,
): Promise<ExitCode> {
  const { config } = openConfig(options.config, ports)
  using interrupt = interruptSignal(ports.interrupts)
  const asking = { clock: ports.clock, signal: interrupt.signal }
  await tell(config, options.cancel ? '/join' : '/leave', asking)
  if (options.cancel) {
    ports.output.write('The node stays. It is in the next directory again.\n')
    return 0
  }
  ports.output.write(
    'The node leaves: it serves until the directory is without it, hands over what it has, and stops. ' +
      'Ctrl+C ends this display only; --cancel takes it back.\n',
  )
  return wait(options, ports, async (asking, progress) => untilGone(config, asking, progress))
}

async function untilGone(config: NodeConfig, asking: Asking, progress: Progress): Promise<string | undefined> {
  const status = await fetchStatus(config, asking)
  if (!status)
    return 'The node has stopped. `starling node export` keeps its keys; its data folder is not needed any more.'
  const { messages, records } = status.store
  progress.update(
    status.swarm
      ? `waiting for the next directory, without this node (epoch ${status.directory?.epoch} has it)`
      : `handing over: ${messages + records} left here`,
  )
  return undefined
}

function joinProgress(status: OperatorStatus): string {
  const { progress } = status.repair
  const state = stateOf(status)
  if (state === 'not invited') return 'not invited yet: give the node ID to a directory member'
  return progress ? `${state}: ${progress.kind} ${progress.done} of ${progress.total}` : state
}

/** Looks once a second until `look` has something to say, the time is over, or somebody interrupts. */
async function wait(
  { timeout }: NodeJoinOptions,
  ports: CliPorts,
  look: (asking: Asking, progress: Progress) => Promise<string | undefined>,
): Promise<ExitCode> {
  const { clock, output } = ports
  using interrupt = interruptSignal(ports.interrupts)
  const asking = { clock, signal: interrupt.signal }
  const progress = new Progress(output, clock)
  const limit: Millis | undefined = timeout === undefined ? undefined : millis(timeout * 1000)
  const started = clock.monotonic()
  try {
    for (;;) {
      const said = await look(asking, progress)
      if (said !== undefined) {
        progress.say(said)
        return 0
      }
      if (limit !== undefined && clock.monotonic() - started >= limit) {
        progress.clear()
        throw new CliError('timeout', `Not yet, after ${timeout} s. The node goes on by itself; ask again later.`)
      }
      await clock.sleep(INTERVAL, asking)
    }
  } catch (error) {
    if (!interrupt.signal.aborted) throw error
    progress.say('Not waiting any more. The node goes on by itself.')
    return 1
  }
}
