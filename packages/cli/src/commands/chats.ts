/** `starling chats` and `starling requests`: who there is to talk with. */
import type { ConversationSummary } from '@starling/client'
import { type AccountOptions, withAccount } from '../account-session.ts'
import type { ExitCode } from '../cli-error.ts'
import type { CliPorts } from '../ports.ts'
import { bodyText, nameText, timeText } from '../terminal/message-text.ts'
import { renderTable } from '../terminal/table.ts'
import { jsonLine } from '../terminal/visible-text.ts'

const PREVIEW_LENGTH = 40

export function chats(
  which: 'chats' | 'requests',
  options: AccountOptions & { readonly json?: boolean },
  ports: CliPorts,
): Promise<ExitCode> {
  return withAccount(options, ports, async (client) => {
    const found = client.conversations.snapshot.filter(({ kind }) => (kind === 'request') === (which === 'requests'))
    if (options.json) for (const conversation of found) ports.output.write(jsonLine(jsonOf(conversation)))
    else if (found.length === 0) ports.output.write(which === 'chats' ? 'No conversations yet.\n' : 'No requests.\n')
    else
      ports.output.write(
        renderTable([{ title: 'LAST' }, { title: 'ACCOUNT ID' }, { title: 'NAME' }, ...REST], found.map(rowOf)),
      )
    return 0 as const
  })
}

const REST = [{ title: 'UNREAD', align: 'right' }, { title: 'MESSAGE' }] as const

function rowOf(conversation: ConversationSummary): string[] {
  const { id, title, unread, last, lastActivity, blocked, pinned } = conversation
  const marks = [pinned ? 'pinned' : '', blocked ? 'blocked' : ''].filter((mark) => mark !== '').join(', ')
  const name = `${nameText(title)}${marks === '' ? '' : ` (${marks})`}`
  return [timeText(lastActivity), id, name, unread === 0 ? '' : String(unread), last ? previewOf(last) : '']
}

function previewOf(last: NonNullable<ConversationSummary['last']>): string {
  const text = bodyText({ ...last, attachments: [], previews: [] }).replaceAll(/\s+/g, ' ')
  const points = [...`${last.direction === 'outgoing' ? 'You: ' : ''}${text}`]
  return points.length <= PREVIEW_LENGTH ? points.join('') : `${points.slice(0, PREVIEW_LENGTH - 1).join('')}…`
}

function jsonOf(conversation: ConversationSummary): Record<string, unknown> {
  const { id, kind, title, unread, lastActivity, pinned, muted, blocked, approvedMe, last } = conversation
  const text = last?.body.kind === 'text' && !last.deleted ? last.body.text : null
  return { id, kind, name: title, unread, lastActivity, pinned, muted, blocked, approvedMe, lastText: text }
}
