import type { AccountId, ConversationSummary } from '@starling/client'
import { plainLine } from '../../format/hostile-text.ts'
import { t } from '../../text/t.ts'
import { quietLine, snippetOf } from '../message-bubble/message-text.ts'

/** The second line of a row. `lead` stands before the text, in the accent for a draft. */
export type Preview = {
  readonly kind: 'draft' | 'text' | 'quiet' | 'typing'
  readonly lead?: string
  readonly text: string
}

/** What the row says under the name. Hostile text comes out as one line, with names for accounts. */
export function previewOf(summary: ConversationSummary, nameOf: (account: AccountId) => string): Preview {
  const { kind, draft, last, blocked } = summary
  if (blocked) return { kind: 'quiet', text: t('list.blocked') }
  if (summary.typing) return { kind: 'typing', text: t('list.typing') }
  if (draft.trim() !== '') return { kind: 'draft', lead: t('list.draft'), text: plainLine(draft) }
  if (last === undefined)
    return { kind: 'quiet', text: kind === 'noteToSelf' ? t('list.noteEmpty') : t('list.noMessages') }
  const text =
    quietLine(last) ?? (last.body.kind === 'text' ? snippetOf(last.body.text, nameOf) : t('list.unsupported'))
  const own = last.direction === 'outgoing' && kind !== 'noteToSelf'
  return own ? { kind: 'text', lead: t('list.you'), text } : { kind: 'text', text }
}

/** The state of the last message, if it is an own one that is not safely away. */
export type RowState = { readonly kind: 'waiting' | 'sending' | 'failed'; readonly label: string }

export function rowState({ last }: ConversationSummary): RowState | undefined {
  const delivery = last?.delivery
  if (delivery?.kind === 'failed') return { kind: 'failed', label: t('list.failed') }
  if (delivery?.kind !== 'queued') return undefined
  return delivery.waitingForNetwork
    ? { kind: 'waiting', label: t('list.waiting') }
    : { kind: 'sending', label: t('list.sending') }
}
