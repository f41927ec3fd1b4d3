import type { AccountId, Client } from '@starling/client'
import { plainLine } from '../../format/hostile-text.ts'
import { t } from '../../text/t.ts'

/** What an account is called here, in one line: you, its name among the chats, or the ends of its ID. */
export function nameOfAccount(client: Pick<Client, 'session' | 'conversations'>, account: AccountId): string {
  const session = client.session.snapshot
  if (session.kind === 'ready' && session.account.accountId === account) return t('conversation.you')
  const chat = client.conversations.snapshot.find(({ id }) => id === (account as string))
  return chat === undefined ? `${account.slice(0, 6)}…${account.slice(-4)}` : plainLine(chat.title)
}
