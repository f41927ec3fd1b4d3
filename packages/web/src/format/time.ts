import type { Millis, UnixMillis } from '@starling/client'
import { locale, t } from '../text/t.ts'

type Formats = Readonly<
  Record<'clock' | 'weekday' | 'dayAndMonth' | 'withYear' | 'longDay' | 'longYear', Intl.DateTimeFormat>
>

/** Made once for each language: that is what is slow. */
const made = new Map<string, Formats>()

function formats(): Formats {
  const { tag } = locale()
  const known = made.get(tag)
  if (known !== undefined) return known
  const make = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(tag, options)
  const all: Formats = {
    clock: make({ timeStyle: 'short' }),
    weekday: make({ weekday: 'short' }),
    dayAndMonth: make({ day: 'numeric', month: 'short' }),
    withYear: make({ day: 'numeric', month: 'short', year: 'numeric' }),
    longDay: make({ weekday: 'long', day: 'numeric', month: 'long' }),
    longYear: make({ day: 'numeric', month: 'long', year: 'numeric' }),
  }
  made.set(tag, all)
  return all
}

/** A time as short as a list has room for: `09:42`, `Yesterday`, `Tue`, `12 Nov`, `12 Nov 2025`. */
export function shortTime(at: UnixMillis, now: UnixMillis): string {
  const days = calendarDays(at, now)
  if (days <= 0) return clockText(at)
  if (days === 1) return t('time.yesterday')
  if (days < 7) return formats().weekday.format(at)
  return (isSameYear(at, now) ? formats().dayAndMonth : formats().withYear).format(at)
}

/** The words of a date separator: today, yesterday, a weekday and date, or a date with its year. */
export function dayText(at: UnixMillis, now: UnixMillis): string {
  const days = calendarDays(at, now)
  if (days === 0) return t('time.today')
  if (days === 1) return t('time.yesterday')
  return (isSameYear(at, now) ? formats().longDay : formats().longYear).format(at)
}

/** The time of day, as `09:42`. */
export function clockText(at: UnixMillis): string {
  return formats().clock.format(at)
}

/** How long ago, in words: `just now`, `5 minutes ago`. */
export function timeAgo(at: UnixMillis, now: UnixMillis): string {
  if (now - at < 10_000) return t('time.justNow')
  const { value, unit } = largestUnit((now - at) as Millis)
  return new Intl.RelativeTimeFormat(locale().tag).format(-value, unit)
}

/** A duration in its largest unit, rounded: `12 seconds`, `1 hour`. The sign does not matter. */
export function durationText(duration: Millis): string {
  const { value, unit } = largestUnit(duration)
  return new Intl.NumberFormat(locale().tag, { style: 'unit', unit, unitDisplay: 'long' }).format(value)
}

function largestUnit(duration: Millis): {
  readonly value: number
  readonly unit: 'second' | 'minute' | 'hour' | 'day'
} {
  const seconds = Math.round(Math.abs(duration) / 1000)
  if (seconds < 90) return { value: seconds, unit: 'second' }
  if (seconds < 90 * 60) return { value: Math.round(seconds / 60), unit: 'minute' }
  if (seconds < 36 * 3600) return { value: Math.round(seconds / 3600), unit: 'hour' }
  return { value: Math.round(seconds / 86_400), unit: 'day' }
}

/** Midnights between two times, in the device's time zone. */
function calendarDays(from: UnixMillis, to: UnixMillis): number {
  const midnight = (at: UnixMillis): number => new Date(at).setHours(0, 0, 0, 0)
  return Math.round((midnight(to) - midnight(from)) / 86_400_000)
}

function isSameYear(one: UnixMillis, other: UnixMillis): boolean {
  return new Date(one).getFullYear() === new Date(other).getFullYear()
}
