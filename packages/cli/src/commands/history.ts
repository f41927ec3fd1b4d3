/** `starling history`: what was written, from this device alone. */
import type { ConversationSummary, History, MessageView } from '@starling/client'
import { parseAccountId } from '@starling/protocol'
import { type AccountOptions, withAccount } from '../account-session.ts'
import { CliError, type ExitCode } from '../cli-error.ts'
import type { CliPorts } from '../ports.ts'
import { bodyText, messageFields, nameText, timeText } from '../terminal/message-text.ts'
import { jsonLine } from '../terminal/visible-text.ts'

export type HistoryOptions = AccountOptions & { readonly json?: boolean; readonly limit: number }

export async function history(account: string, options: HistoryOptions, ports: CliPorts): Promise<ExitCode> {
  const accountId = parseAccountId(account.trim().toLowerCase())
  return withAccount(options, ports, async (client, _, signal) => {
    const conversation = client.conversations.snapshot.find(({ id }) => (id as string) === accountId)
    if (conversation === undefined) {
      throw new CliError('conversation_missing', 'There is no conversation with this account on this device.')
    }
    await using opened = await client.history(conversation.id, { signal })
    for (const message of await latest(opened, options.limit, signal)) {
      ports.output.write(options.json ? jsonLine(messageFields(message)) : lineOf(message, conversation))
    }
    return 0 as const
  })
}

/** The window of a history is bounded: older messages push newer ones out, so they are gathered page by page. */
async function latest(opened: History, limit: number, signal: AbortSignal): Promise<readonly MessageView[]> {
  await opened.jumpToLatest()
  const found = new Map(opened.state.snapshot.messages.map((message) => [message.id, message]))
  let pages = [opened.state.snapshot.messages]
  while (found.size < limit && opened.state.snapshot.hasOlder) {
    signal.throwIfAborted()
    await opened.loadOlder()
    const older = opened.state.snapshot.messages.filter(({ id }) => !found.has(id))
    if (older.length === 0) break
    for (const message of older) found.set(message.id, message)
    pages = [older, ...pages]
  }
  return pages.flat().slice(-limit)
}

function lineOf(message: MessageView, { title }: ConversationSummary): string {
  const from = message.direction === 'outgoing' ? 'You' : nameText(title)
  const reactions = message.reactions.map(
    ({ emoji, authors }) => ` ${emoji}${authors.length > 1 ? authors.length : ''}`,
  )
  const state = message.delivery ? `  [${message.delivery.kind}]` : ''
  return `${timeText(message.sentAt)}  ${from}  ${bodyText(message)}${reactions.join('')}${state}  ${message.id}\n`
}
