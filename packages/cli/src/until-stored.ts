/** Waits for the network before a command ends, and says what becomes of it otherwise. */
import type { Client } from '@starling/client'
import { seconds } from '@starling/protocol'
import { TimeoutError, withTimeout } from '@starling/runtime'
import { CliError } from './cli-error.ts'
import type { CliPorts } from './ports.ts'

/** @throws {CliError} `timeout`, `cancelled`: it is done here, and goes out later. */
export async function untilStored(
  client: Client,
  patienceSeconds: number,
  signal: AbortSignal,
  { clock }: CliPorts,
): Promise<void> {
  const kept = 'It is done on this device, and goes out the next time that a command runs on this account.'
  try {
    await withTimeout(clock, seconds(patienceSeconds), signal, (within) => client.flush({ signal: within }))
  } catch (error) {
    if (signal.aborted) throw new CliError('cancelled', `Called off before the network had it. ${kept}`)
    if (!(error instanceof TimeoutError)) throw error
    throw new CliError('timeout', `The network did not take it within ${patienceSeconds} seconds. ${kept}`)
  }
}
