import type { ExpiryView, Millis, UnixMillis } from '@starling/client'
import { durationText } from '../../format/time.ts'
import { t } from '../../text/t.ts'

/** What is left of a message's time, from 1 to 0. Not begun: all of it. */
export function shareLeft({ seconds, deadline }: ExpiryView, now: UnixMillis): number {
  if (deadline === undefined) return 1
  return Math.min(1, Math.max(0, (deadline - now) / (seconds * 1000)))
}

/** The ring in words. */
export function expiryText(expiry: ExpiryView, now: UnixMillis): string {
  const { mode, seconds, deadline } = expiry
  if (deadline !== undefined) return t('expiry.left', { duration: durationText(Math.max(0, deadline - now) as Millis) })
  const duration = durationText((seconds * 1000) as Millis)
  return mode === 'afterRead' ? t('expiry.afterRead', { duration }) : t('expiry.afterSend', { duration })
}
