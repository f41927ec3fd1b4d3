import type { Connection, ConversationSummary } from '@starling/client'
import { t } from '../../text/t.ts'

/** The small line below the name: what matters most right now. */
export function statusText(summary: ConversationSummary, connection: Connection): string {
  if (summary.blocked) return t('conversation.status.blocked')
  if (connection.kind === 'offline') return t('conversation.status.offline')
  if (connection.kind === 'connecting') return t('conversation.status.connecting')
  if (summary.typing) return t('conversation.status.typing')
  if (summary.kind === 'noteToSelf') return t('conversation.status.note')
  return summary.kind === 'request' ? t('conversation.status.request') : t('conversation.status.connected')
}

/** The name of a conversation on one line. */
export function conversationName(summary: ConversationSummary): string {
  return summary.kind === 'noteToSelf' ? t('conversation.noteLabel') : summary.title
}
