/** `starling react`: an emoji on a message, or off it. */
import type { MessageId } from '@starling/client'
import { type AccountOptions, withAccount } from '../account-session.ts'
import type { ExitCode } from '../cli-error.ts'
import type { CliPorts } from '../ports.ts'
import { jsonLine } from '../terminal/visible-text.ts'
import { untilStored } from '../until-stored.ts'

export type ReactOptions = AccountOptions & {
  readonly remove?: boolean
  readonly json?: boolean
  /** Seconds. */
  readonly timeout: number
}

export function react(message: string, emoji: string, options: ReactOptions, ports: CliPorts): Promise<ExitCode> {
  return withAccount(options, ports, async (client, _, signal) => {
    const id = message as MessageId
    if (options.remove) await client.removeReaction(id, emoji, { signal })
    else await client.react(id, emoji, { signal })
    await untilStored(client, options.timeout, signal, ports)
    const done = options.remove ? 'removed' : 'reacted'
    ports.output.write(options.json ? jsonLine({ state: done, id }) : options.remove ? 'Taken back.\n' : 'Done.\n')
    return 0 as const
  })
}
