/** `starling search`: messages of this device by words. */
import type { ConversationId, SearchHit } from '@starling/client'
import { parseAccountId } from '@starling/protocol'
import { type AccountOptions, withAccount } from '../account-session.ts'
import type { ExitCode } from '../cli-error.ts'
import type { CliPorts } from '../ports.ts'
import { messageFields, nameText, timeText } from '../terminal/message-text.ts'
import { jsonLine, visibleText } from '../terminal/visible-text.ts'

export type SearchCommandOptions = AccountOptions & {
  /** Account ID. */
  readonly in?: string
  readonly limit: number
  readonly json?: boolean
}

export async function search(words: string, options: SearchCommandOptions, ports: CliPorts): Promise<ExitCode> {
  const within = options.in === undefined ? undefined : (parseAccountId(options.in.trim().toLowerCase()) as string)
  return withAccount(options, ports, async (client, _, signal) => {
    const hits = await client.search(words, {
      limit: options.limit,
      signal,
      ...(within !== undefined && { conversation: within as ConversationId }),
    })
    const titles = new Map(client.conversations.snapshot.map(({ id, title }) => [id, title]))
    for (const hit of hits) {
      const title = titles.get(hit.message.conversation) ?? hit.message.conversation
      ports.output.write(options.json ? jsonLine(jsonOf(hit, title)) : lineOf(hit, title))
    }
    if (hits.length === 0 && !options.json) ports.output.write('Nothing was found.\n')
    return 0 as const
  })
}

function jsonOf({ message, snippet }: SearchHit, title: string): Record<string, unknown> {
  return { ...messageFields(message), conversation: message.conversation, name: title, snippet }
}

function lineOf({ message, snippet }: SearchHit, title: string): string {
  const from = message.direction === 'outgoing' ? `You to ${nameText(title)}` : nameText(title)
  const text = visibleText(snippet).replaceAll(/\s+/g, ' ')
  return `${timeText(message.sentAt)}  ${from}  ${text}  ${message.id}\n`
}
