import type { UnixMillis } from '@starling/client'
import { t } from '../../text/t.ts'
import { isSameDay } from './log-items.ts'

const DAY_MS = 86_400_000
const thisYear = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' })
const otherYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })

/** The words of a date separator: today, yesterday, a weekday and date, or a date with its year. */
export function dayText(at: UnixMillis, now: UnixMillis): string {
  if (isSameDay(at, now)) return t('time.today')
  if (isSameDay((at + DAY_MS) as UnixMillis, now)) return t('time.yesterday')
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear()
  return (sameYear ? thisYear : otherYear).format(at)
}

/** The time of day, as `09:42`. */
export function clockText(at: UnixMillis): string {
  return clock.format(at)
}
