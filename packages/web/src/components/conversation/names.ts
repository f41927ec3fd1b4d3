import type { AccountId, Client } from '@starling/client'
import { plainLine } from '../../format/hostile-text.ts'
import { t } from '../../text/t.ts'
import { type Mentionable, mentionable } from '../composer/mention.ts'
import type { ConversationView } from './conversation.ts'

/** What an account is called here, in one line: you, its name among the chats, or the ends of its ID. */
export function nameOfAccount(client: Pick<Client, 'session' | 'conversations'>, account: AccountId): string {
  const session = client.session.snapshot
  if (session.kind === 'ready' && session.account.accountId === account) return t('conversation.you')
  const chat = client.conversations.snapshot.find(({ id }) => id === (account as string))
  return chat === undefined ? `${account.slice(0, 6)}…${account.slice(-4)}` : plainLine(chat.title)
}

/** Who can be named with `@`: both sides; in a note nobody is. */
export function nameablePeople({
  summary,
  account,
}: Extract<ConversationView, { kind: 'ready' }>): readonly Mentionable[] {
  if (summary.kind === 'noteToSelf') return []
  // The other side's ID names the conversation.
  return [
    mentionable(summary.id as string as AccountId, summary.title),
    mentionable(account.accountId, account.displayName),
  ]
}
