import type { Delivery, DeliveryFailure } from '@starling/client'
import { t } from '../../text/t.ts'

/** The state of an own message in words: tooltip, and what a screen reader says. Never "sent" for something only local. */
export function deliveryText(delivery: Delivery): string {
  switch (delivery.kind) {
    case 'queued':
      return delivery.waitingForNetwork ? t('message.waiting') : t('message.queued')
    case 'stored':
      return t('message.stored', { on: delivery.on, of: delivery.of })
    case 'failed':
      return failureReason(delivery.reason)
  }
}

/** Why a message was not sent, in a sentence. */
export function failureReason(reason: DeliveryFailure): string {
  return t(`message.failed.${reason}`)
}
