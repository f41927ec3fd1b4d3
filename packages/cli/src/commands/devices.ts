/** `starling devices`: what other devices of the account do, as it happens. */
import type { Client, LoggedEvent } from '@starling/client'
import { days, seconds } from '@starling/protocol'
import { type AccountOptions, withAccount } from '../account-session.ts'
import type { ExitCode } from '../cli-error.ts'
import type { CliPorts } from '../ports.ts'
import { timeText } from '../terminal/message-text.ts'
import { jsonLine } from '../terminal/visible-text.ts'

/** Without an end, that is. */
const FOR_EVER = days(365)

/** Seconds. */
export type DevicesOptions = AccountOptions & { readonly json?: boolean; readonly timeout?: number }

export function devices(options: DevicesOptions, ports: CliPorts): Promise<ExitCode> {
  return withAccount(options, ports, async (client, _, signal) => {
    ports.errors.write('Watching what other devices of this account do. Ctrl+C ends it.\n')
    const unsubscribe = tellEvents(client, (event) => {
      const { at, kind, count } = event
      ports.output.write(
        options.json ? jsonLine({ at, kind, count }) : `${timeText(at)}  ${kind}${count > 1 ? ` ×${count}` : ''}\n`,
      )
    })
    try {
      await ports.clock.sleep(options.timeout === undefined ? FOR_EVER : seconds(options.timeout), { signal })
    } catch (error) {
      if (!signal.aborted) throw error
    } finally {
      unsubscribe()
    }
    return 0 as const
  })
}

/** Tells of each new event of other devices, and again of the last one when it happens once more. */
function tellEvents({ events }: Client, tell: (event: LoggedEvent) => void): () => void {
  let told = new Set<LoggedEvent>(events.snapshot)
  return events.subscribe((log) => {
    for (const event of log) if (!told.has(event) && event.source === 'otherDevice') tell(event)
    told = new Set(log)
  })
}
