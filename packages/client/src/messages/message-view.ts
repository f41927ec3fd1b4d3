/** A message as faces see it. */
import { type AccountId, findMentions, type MessageRef } from '@starling/protocol'
import type { ConversationId, Delivery, ExpiryView, MentionView, MessageView, QuoteView } from '../api.ts'
import { attachmentView, previewView } from './attachment-record.ts'
import { deliveryView } from './delivery-record.ts'
import { type MessagePlace, messageId, placeOf, placeOfRef } from './message-place.ts'
import type { ExpiryRecord, MessageRecord } from './message-record.ts'
import { reactionViews } from './reaction-record.ts'

export type ViewContext = {
  readonly self: AccountId
  /** What holds now of all that waits for this conversation. */
  readonly queued: () => Delivery
  readonly get: (place: MessagePlace) => Promise<MessageRecord | undefined>
}

export async function messageView(
  conversation: ConversationId,
  record: MessageRecord,
  context: ViewContext,
): Promise<MessageView> {
  const { author, direction, body, sentAt, deleted, quote, attachments = [], previews = [], invitation } = record
  return {
    id: messageId(placeOf(conversation, record)),
    conversation,
    author,
    direction,
    body,
    sentAt,
    ...deliveryView(record.delivery, context.queued),
    ...(deleted && { deleted }),
    ...(quote && { quote: await quoteView(conversation, quote, context) }),
    reactions: reactionViews(record.reactions, context.self),
    mentions: body.kind === 'text' ? mentionViews(body.text, context.self) : [],
    attachments: attachments.map(attachmentView),
    previews: previews.map((preview, i) => previewView(preview, attachments.length + i)),
    ...(invitation && { invitation }),
    ...(record.expiry && { expiry: expiryView(record.expiry) }),
  }
}

async function quoteView(
  conversation: ConversationId,
  ref: MessageRef,
  { self, get }: ViewContext,
): Promise<QuoteView> {
  const missing = { ref, author: ref.author, state: 'missing' } as const
  const place = placeOfRef(conversation, ref, self)
  const target = place && (await get(place))
  if (place === undefined || target === undefined || target.deleted) return missing
  const text = target.body.kind === 'text' ? target.body.text : ''
  return { ref, author: ref.author, state: 'found', messageId: messageId(place), text }
}

function mentionViews(text: string, self: AccountId): readonly MentionView[] {
  return findMentions(text).map((mention) => ({ ...mention, isSelf: mention.account === self }))
}

function expiryView({ mode, seconds, deadline }: ExpiryRecord): ExpiryView {
  return deadline === undefined ? { mode, seconds } : { mode, seconds, deadline }
}
