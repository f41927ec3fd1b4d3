import type { Delivery, DeliveryFailure, MessageView, Notice } from '@starling/client'
import { t } from '../../text/t.ts'

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

/** The quiet line that stands for a message without a text of its own; `undefined`: it has one. */
export function quietLine({ body, deleted }: Pick<MessageView, 'body' | 'deleted'>): string | undefined {
  if (deleted) return t('message.deleted')
  switch (body.kind) {
    case 'text':
      return body.text === '' ? t('message.file') : undefined
    case 'unsupported':
      return t('message.unsupported')
    case 'notice':
      return noticeText(body.notice)
  }
}

function noticeText(notice: Notice): string {
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

/** Why a message was not sent, in a sentence. */
export function failureReason(reason: DeliveryFailure): string {
  return t(`message.failed.${reason}`)
}
