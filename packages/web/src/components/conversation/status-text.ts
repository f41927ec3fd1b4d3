import type { Connection, ConversationSummary } from '@starling/client'
import { t } from '../../text/t.ts'

/** The small line below the name: what matters most right now; `short` where there is little room for it. */
export function statusText(
  summary: ConversationSummary,
  connection: Connection,
): { readonly long: string; readonly short: string } {
  const status = statusOf(summary, connection)
  const long = t(`conversation.status.${status}`)
  const isLong = status === 'offline' || status === 'note' || status === 'connected'
  return { long, short: isLong ? t(`conversation.status.${status}Short`) : long }
}

/** The name of a conversation on one line. */
export function conversationName(summary: ConversationSummary): string {
  return summary.kind === 'noteToSelf' ? t('conversation.noteLabel') : summary.title
}

function statusOf({ blocked, typing, kind }: ConversationSummary, connection: Connection) {
  if (blocked) return 'blocked'
  if (connection.kind !== 'connected') return connection.kind
  if (typing) return 'typing'
  if (kind === 'noteToSelf') return 'note'
  return kind === 'request' ? 'request' : 'connected'
}
