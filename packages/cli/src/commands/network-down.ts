/** `starling network down`: ends what `network up` runs in another terminal, or what a killed one left behind. */
import { millis, seconds } from '@starling/protocol'
import { CliError, type ExitCode } from '../cli-error.ts'
import { stopLeftovers } from '../local-network/open-folder.ts'
import { isRunning, signalProcess, untilEnded } from '../local-network/process-identity.ts'
import { type RunFile, readRun, releaseRun } from '../local-network/run-file.ts'
import { localNetworkFolder } from '../paths.ts'
import { type CliPorts, interruptSignal } from '../ports.ts'

/** Longer than a network takes to kill nodes that do not stop. */
const PATIENCE = seconds(20)
const POLL = millis(100)

export async function networkDown(options: { readonly folder?: string }, ports: CliPorts): Promise<ExitCode> {
  const folder = localNetworkFolder(options.folder)
  const run = readRun(folder)
  if (run === undefined || ![run.supervisor, ...run.nodes].some(isRunning)) {
    ports.output.write(`No network runs in ${folder}.\n`)
    return 0
  }
  using interrupt = interruptSignal(ports.interrupts)
  await stop(folder, run, ports, interrupt.signal)
  ports.output.write(`Stopped the network in ${folder}. Its keys and messages are kept.\n`)
  return 0
}

async function stop(folder: string, run: RunFile, { clock }: CliPorts, signal: AbortSignal): Promise<void> {
  if (isRunning(run.supervisor)) {
    signalProcess(run.supervisor, 'SIGTERM')
    const left = await untilEnded([run.supervisor], { clock, patience: PATIENCE, interval: POLL, signal })
    if (left.length > 0) {
      throw new CliError(
        'timeout',
        `Process ${run.supervisor.pid} was asked to stop the network in ${folder} and has not within 20 seconds. ` +
          'Nothing is lost. Try again, or end it yourself.',
      )
    }
    return
  }
  await stopLeftovers(run.nodes, clock, signal)
  releaseRun(folder)
}
