import {
  type AccountId,
  type Delivery,
  type DeliveryFailure,
  type Expiration,
  formatMentions,
  type MessageView,
  type Millis,
  type Notice,
  type ReactionView,
} from '@starling/client'
import { plainLine } from '../../format/hostile-text.ts'
import { clockText, durationText } from '../../format/time.ts'
import { locale, t } from '../../text/t.ts'
import { isPicture } from '../image-grid/image-kind.ts'

/** The state of an own message in words: tooltip, and what a screen reader says. Never "sent" for something only local. */
export function deliveryText(delivery: Delivery): string {
  switch (delivery.kind) {
    case 'queued':
      return delivery.waitingForNetwork ? t('message.waiting') : t('message.queued')
    case 'stored':
      return t('message.stored', { on: delivery.on, of: delivery.of })
    case 'delivered':
      return t('message.delivered', { on: delivery.on, of: delivery.of })
    case 'read':
      return t('message.read', { on: delivery.on, of: delivery.of })
    case 'failed':
      return failureReason(delivery.reason)
  }
}

type QuietParts = Pick<MessageView, 'body' | 'deleted'> & Partial<Pick<MessageView, 'attachments'>>

/** The quiet line that stands for a message without a text of its own; `undefined`: it has one. */
export function quietLine({ body, deleted, attachments = [] }: QuietParts): string | undefined {
  if (deleted) return t('message.deleted')
  switch (body.kind) {
    case 'text':
      return body.text === '' ? filesText(attachments) : undefined
    case 'unsupported':
      return t('message.unsupported')
    case 'notice':
      return shortNotice(body.notice)
  }
}

function filesText(attachments: MessageView['attachments']): string {
  const areAll = attachments.length > 0 && attachments.every(isPicture)
  return areAll ? t('message.pictures', { count: attachments.length }) : t('message.file')
}

/** What happened, with who did it. */
export function noticeText(notice: Notice, name: string): string {
  switch (notice.kind) {
    case 'timerChanged':
      return timerText(notice.expiration, name)
    case 'requestAccepted':
      return t('notice.accepted', { name })
    case 'screenshot':
      return t('notice.screenshot', { name })
    case 'mediaSaved':
      return t('notice.mediaSaved', { name })
  }
}

function timerText(expiration: Expiration | undefined, name: string): string {
  if (expiration === undefined) return t('notice.timerOff', { name })
  const duration = durationText((expiration.seconds * 1000) as Millis)
  return expiration.mode === 'afterRead'
    ? t('notice.timerRead', { name, duration })
    : t('notice.timerSend', { name, duration })
}

/** Why a message was not sent, in a sentence. */
export function failureReason(reason: DeliveryFailure): string {
  return t(`message.failed.${reason}`)
}

/** Without a name, for a row of the list that has it already. */
function shortNotice(notice: Notice): string {
  switch (notice.kind) {
    case 'timerChanged':
      return notice.expiration === undefined ? t('message.timerOff') : t('message.timerOn')
    case 'requestAccepted':
      return t('message.requestAccepted')
    case 'screenshot':
      return t('message.screenshot')
    case 'mediaSaved':
      return t('message.mediaSaved')
  }
}

/** More of a quote than this fits nowhere. */
const SNIPPET = 200

/** The beginning of a text in one line, with names for accounts; what a file is called, if there is no text. */
export function snippetOf(text: string, nameOf: (account: AccountId) => string): string {
  if (text === '') return t('message.file')
  return plainLine(formatMentions(text.slice(0, 4 * SNIPPET), (account) => `@${nameOf(account)}`)).slice(0, SNIPPET)
}

/** Made once for each language: that is what is slow. */
const lists = new Map<string, Intl.ListFormat>()

/** Who reacted so, in one line. */
export function reactionNames({ authors }: ReactionView, nameOf: (account: AccountId) => string): string {
  const { tag } = locale()
  const list = lists.get(tag) ?? new Intl.ListFormat(tag, { type: 'conjunction' })
  lists.set(tag, list)
  return list.format(authors.map((author) => nameOf(author)))
}

/** A message as a screen reader says it: name, text, time, state. */
export function readingOf(message: MessageView, name: string, nameOf: (account: AccountId) => string): string {
  const { body, delivery, deleted } = message
  const quiet = quietLine(message)
  const text = quiet ?? (body.kind === 'text' ? snippetOf(body.text, nameOf) : '')
  const time = clockText(message.sentAt)
  if (delivery === undefined || deleted) return t('message.reads', { name, text, time })
  return t('message.readsState', { name, text, time, state: deliveryText(delivery) })
}
