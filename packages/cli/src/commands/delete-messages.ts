/** `starling delete`: messages, from here, from all own devices or for everyone. */
import type { DeletionScope, MessageId } from '@starling/client'
import { type AccountOptions, withAccount } from '../account-session.ts'
import type { ExitCode } from '../cli-error.ts'
import type { CliPorts } from '../ports.ts'
import { jsonLine } from '../terminal/visible-text.ts'
import { untilStored } from '../until-stored.ts'

const SCOPES: Readonly<Record<string, DeletionScope>> = {
  'this-device': 'thisDevice',
  'my-devices': 'myDevices',
  everyone: 'everyone',
}

export type DeleteOptions = AccountOptions & {
  /** A key of `SCOPES`, as the command line made sure. */
  readonly for: string
  readonly json?: boolean
  /** Seconds. */
  readonly timeout: number
}

export function deleteMessages(ids: readonly string[], options: DeleteOptions, ports: CliPorts): Promise<ExitCode> {
  return withAccount(options, ports, async (client, _, signal) => {
    const scope = SCOPES[options.for] ?? 'thisDevice'
    await client.deleteMessages(ids as readonly MessageId[], scope, { signal })
    if (scope !== 'thisDevice') await untilStored(client, options.timeout, signal, ports)
    ports.output.write(options.json ? jsonLine({ state: 'deleted', for: options.for, ids }) : 'Deleted.\n')
    return 0 as const
  })
}
