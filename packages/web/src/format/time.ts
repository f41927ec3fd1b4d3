import type { Millis, UnixMillis } from '@starling/client'
import { t } from '../text/t.ts'

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'short' })
const dayAndMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const withYear = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

/** A time as short as a list has room for: `09:42`, `Yesterday`, `Tue`, `12 Nov`, `12 Nov 2025`. */
export function shortTime(at: UnixMillis, now: UnixMillis): string {
  const days = calendarDays(at, now)
  if (days <= 0) return clock.format(at)
  if (days === 1) return t('time.yesterday')
  if (days < 7) return weekday.format(at)
  return (new Date(at).getFullYear() === new Date(now).getFullYear() ? dayAndMonth : withYear).format(at)
}

/** How long ago, in words: `just now`, `5 minutes ago`. */
export function timeAgo(at: UnixMillis, now: UnixMillis): string {
  return now - at < 10_000 ? t('time.justNow') : t('time.ago', { duration: durationText((now - at) as Millis) })
}

/** A duration in its largest unit, rounded: `12 seconds`, `1 hour`. The sign does not matter. */
export function durationText(duration: Millis): string {
  const seconds = Math.round(Math.abs(duration) / 1000)
  if (seconds < 90) return t('duration.seconds', { count: seconds })
  if (seconds < 90 * 60) return t('duration.minutes', { count: Math.round(seconds / 60) })
  if (seconds < 36 * 3600) return t('duration.hours', { count: Math.round(seconds / 3600) })
  return t('duration.days', { count: Math.round(seconds / 86_400) })
}

/** Midnights between two times, in the device's time zone. */
function calendarDays(from: UnixMillis, to: UnixMillis): number {
  const midnight = (at: UnixMillis): number => new Date(at).setHours(0, 0, 0, 0)
  return Math.round((midnight(to) - midnight(from)) / 86_400_000)
}
