/** `starling node status`: what a running node says of itself, once or again and again. */

import type { OperatorStatus } from '@starling/node/operator'
import { minutes, seconds } from '@starling/protocol'
import type { ExitCode } from '../cli-error.ts'
import { clockOffset, judgeClock } from '../operator/check-clock.ts'
import { type OpenedConfig, openConfig, openNetwork } from '../operator/open-config.ts'
import { REFRESH, renderStatus } from '../operator/render-status.ts'
import { type Asking, fetchStatus, notRunning } from '../operator/running-node.ts'
import { type CliPorts, interruptSignal } from '../ports.ts'
import { jsonLine } from '../terminal/visible-text.ts'

const FIRST_INTERVAL = seconds(1)
const CLOCK_INTERVAL = minutes(1)
const TO_THE_TOP = '\u001b[H\u001b[2J'

export type NodeStatusOptions = { readonly config: string; readonly once?: boolean; readonly json?: boolean }

type Look = { readonly status: OperatorStatus; readonly at: number }

/** 0 if the node is ready, else 1. Live only where a person watches. */
export async function nodeStatus(options: NodeStatusOptions, ports: CliPorts): Promise<ExitCode> {
  const opened = openConfig(options.config, ports)
  using interrupt = interruptSignal(ports.interrupts)
  const asking: Asking = { clock: ports.clock, signal: interrupt.signal }
  const first = await look(opened, asking)
  if (options.json) {
    ports.output.write(jsonLine(first.status))
    return first.status.ready ? 0 : 1
  }
  const isLive = !options.once && ports.output.isTerminal
  try {
    return await watch({ opened, asking, first, isLive }, ports)
  } catch (error) {
    // Ctrl+C ends what was asked to go on for ever.
    if (interrupt.signal.aborted) return 0
    throw error
  }
}

async function watch(
  { opened, asking, first, isLive }: { opened: OpenedConfig; asking: Asking; first: Look; isLive: boolean },
  { output, clock }: CliPorts,
): Promise<ExitCode> {
  const { bootstrap } = openNetwork(opened.config)
  const clockText = async () =>
    judgeClock(await Promise.all(bootstrap.map((url) => clockOffset(url, asking.clock, asking.signal)))).text
  let time = { text: await clockText(), at: clock.monotonic() }
  let before = first
  for (let delay = FIRST_INTERVAL; ; delay = REFRESH) {
    await clock.sleep(delay, asking)
    const now = await look(opened, asking)
    if (clock.monotonic() - time.at > CLOCK_INTERVAL) time = { text: await clockText(), at: clock.monotonic() }
    const secondsAgo = (now.at - before.at) / 1000
    const text = renderStatus({ status: now.status, before: { status: before.status, secondsAgo }, clock: time.text })
    if (!isLive) {
      output.write(text)
      return now.status.ready ? 0 : 1
    }
    output.write(`${TO_THE_TOP}${text}\nEvery ${REFRESH / 1000} s; Ctrl+C ends this, not the node.\n`)
    before = now
  }
}

async function look({ config }: OpenedConfig, asking: Asking): Promise<Look> {
  const status = await fetchStatus(config, asking)
  if (!status) throw notRunning(config)
  return { status, at: asking.clock.monotonic() }
}
