/** `starling accept`, `decline`, `block` and `unblock`: who may write. */
import type { Client, ConversationId, ConversationSummary } from '@starling/client'
import { parseAccountId } from '@starling/protocol'
import { type AccountOptions, withAccount } from '../account-session.ts'
import { CliError, type ExitCode } from '../cli-error.ts'
import type { CliPorts } from '../ports.ts'
import { jsonLine } from '../terminal/visible-text.ts'
import { untilStored } from '../until-stored.ts'

export type Decision = 'accept' | 'decline' | 'block' | 'unblock'
export type DecideOptions = AccountOptions & {
  readonly json?: boolean
  /** Seconds. */
  readonly timeout: number
}

const DONE: Readonly<Record<Decision, string>> = {
  accept: 'Accepted: they are told.',
  decline: 'Declined: the request and its messages are deleted. They are not told.',
  block: 'Blocked. They are not told.',
  unblock: 'Unblocked.',
}

export async function decide(
  decision: Decision,
  account: string,
  options: DecideOptions,
  ports: CliPorts,
): Promise<ExitCode> {
  const accountId = parseAccountId(account.trim().toLowerCase())
  return withAccount(options, ports, async (client, _, signal) => {
    const found = client.conversations.snapshot.find(({ id }) => (id as string) === accountId)
    await carryOut(client, { decision, accountId, signal }, found)
    await untilStored(client, options.timeout, signal, ports)
    ports.output.write(options.json ? jsonLine({ state: decision, id: accountId }) : `${DONE[decision]}\n`)
    return 0 as const
  })
}

/** Blocking somebody who has not written yet makes a conversation with them. */
async function carryOut(
  client: Client,
  { decision, accountId, signal }: { decision: Decision; accountId: string; signal: AbortSignal },
  found: ConversationSummary | undefined,
): Promise<void> {
  if (decision === 'block' || decision === 'unblock') {
    const id =
      found?.id ??
      (decision === 'block' ? await client.startConversation(accountId, { signal }) : missing('conversation'))
    await client.updateConversation(id, { blocked: decision === 'block' }, { signal })
    return
  }
  const request: ConversationId = found?.kind === 'request' ? found.id : missing('request')
  if (decision === 'accept') await client.updateConversation(request, { accepted: true }, { signal })
  else await client.deleteConversation(request, { signal })
}

function missing(what: 'conversation' | 'request'): never {
  throw new CliError('conversation_missing', `There is no ${what} of this account on this device. Nothing was changed.`)
}
