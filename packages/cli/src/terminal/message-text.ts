/** Messages as lines for people, and as the stable JSON of `--json`. */
import type { ConversationSummary, LinkPreviewView, MessageBody, MessageView, Notice } from '@starling/client'
import { visibleText } from './visible-text.ts'

/** UTC, to the minute. */
export function timeText(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace('T', ' ')
}

/** On one line. */
export function nameText(title: string): string {
  return visibleText(title).replaceAll(/[\n\t]/g, ' ')
}

export function bodyText({
  body,
  deleted,
  attachments,
  previews,
}: Pick<MessageView, 'body' | 'deleted' | 'attachments' | 'previews'>): string {
  if (deleted) return '(deleted)'
  const files = attachments.map(({ isVoice, fileName }) =>
    isVoice ? '(voice message)' : `(file: ${nameText(fileName ?? 'without a name')})`,
  )
  return [...textsOf(body), ...files, ...previews.flatMap(previewTexts)].join(' ')
}

/** The link itself stands in the text. What is said of it is the sender's word. */
function previewTexts({ url, title }: LinkPreviewView): string[] {
  const host = URL.parse(url)?.host
  return title === undefined || host === undefined ? [] : [`(page at ${host}: ${nameText(title)})`]
}

/** The same fields for `listen` and `history`: `text` is null where there is none. */
export function messageFields(message: MessageView): Record<string, unknown> {
  const { body, deleted, quote, reactions, attachments, previews, expiry } = message
  return {
    id: message.id,
    from: message.author,
    sentAt: message.sentAt,
    text: body.kind === 'text' && !deleted ? body.text : null,
    ...(body.kind === 'notice' && { notice: body.notice.kind }),
    ...(deleted && { deleted }),
    ...(message.delivery && { delivery: message.delivery.kind }),
    ...(quote && { quote: { from: quote.author, sentAt: quote.ref.sentAt } }),
    ...(reactions.length > 0 && { reactions: reactions.map(({ emoji, authors }) => ({ emoji, from: authors })) }),
    ...(attachments.length > 0 && {
      files: attachments.map(({ fileName, size, contentType }) => ({ name: fileName, size, type: contentType })),
    }),
    ...(previews.length > 0 && { previews: previews.map(({ url, title }) => ({ url, title })) }),
    ...(expiry && { expiresAt: expiry.deadline ?? null }),
  }
}

/** The stable JSON of a message that came in. */
export function arrivalFields(message: MessageView, { title, kind }: ConversationSummary): Record<string, unknown> {
  const { id, from, ...fields } = messageFields(message)
  return { id, from, name: title, request: kind === 'request', ...fields }
}

function textsOf(body: MessageBody): string[] {
  switch (body.kind) {
    case 'text':
      return body.text === '' ? [] : [visibleText(body.text).replaceAll('\n', '\n    ')]
    case 'unsupported':
      return ['(of a kind that this version cannot show)']
    case 'notice':
      return [`(${noticeText(body.notice)})`]
  }
}

function noticeText(notice: Notice): string {
  switch (notice.kind) {
    case 'timerChanged': {
      const { expiration } = notice
      if (expiration === undefined) return 'messages do not disappear any more'
      const after = expiration.mode === 'afterRead' ? 'reading' : 'sending'
      return `messages disappear ${expiration.seconds} seconds after ${after}`
    }
    case 'requestAccepted':
      return 'the message request was accepted'
    case 'screenshot':
      return 'a screenshot was taken'
    case 'mediaSaved':
      return 'a file was saved'
  }
}
