/** What a message of ours says, from its record: for sending it again, and for the copy to our other devices. */
import type { Expiration, OutgoingContent } from '@starling/protocol'
import { attachmentOf, previewOf } from './attachment-record.ts'
import type { MessageRecord } from './message-record.ts'

export type SaidContent = { readonly draft: OutgoingContent; readonly expiration: Expiration | undefined }

/** `undefined`: it says nothing any more, or is a line that we never sent. */
export function contentOf(message: MessageRecord): SaidContent | undefined {
  const { body, expiry, deleted } = message
  if (deleted) return undefined
  if (body.kind === 'notice' && body.notice.kind === 'timerChanged') {
    return { draft: { kind: 'timerChange' }, expiration: body.notice.expiration }
  }
  if (body.kind !== 'text') return undefined
  const expiration = expiry && { mode: expiry.mode, seconds: expiry.seconds }
  const { attachments = [], previews = [], quote } = message
  const draft = {
    kind: 'visible',
    text: body.text,
    attachments: attachments.map(attachmentOf),
    previews: previews.map(previewOf),
    ...(quote && { quote }),
  } as const
  return { draft, expiration }
}
