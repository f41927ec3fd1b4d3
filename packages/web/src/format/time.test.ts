import { test } from 'node:test'
import type { Millis, UnixMillis } from '@starling/client'
import { expect } from 'expect'
import { loadSpeech } from '../text/languages.ts'
import { speak } from '../text/t.ts'
import { clockText, dayText, durationText, shortTime, timeAgo } from './time.ts'

const at = (year: number, month: number, day: number, hour = 9, minute = 42) =>
  new Date(year, month - 1, day, hour, minute).getTime() as UnixMillis
const now = at(2026, 11, 20, 21, 59)

test('a time in a list is as short as it can be', () => {
  expect(shortTime(at(2026, 11, 20), now)).toBe('09:42')
  expect(shortTime(at(2026, 11, 19, 23, 59), now)).toBe('Yesterday')
  expect(shortTime(at(2026, 11, 17), now)).toBe('Tue')
  expect(shortTime(at(2026, 11, 12), now)).toBe('12 Nov')
  expect(shortTime(at(2025, 11, 12), now)).toBe('12 Nov 2025')
  expect(shortTime(at(2026, 11, 21), now)).toBe('09:42')
})

test('durations are said in their largest unit', () => {
  const said = [12_000, 1_000, 61 * 60_000, -3_600_000, 86_400_000 * 3].map((ms) => durationText(ms as Millis))
  expect(said).toEqual(['12 seconds', '1 second', '61 minutes', '60 minutes', '3 days'])
  expect(timeAgo((now - 300_000) as UnixMillis, now)).toBe('5 minutes ago')
  expect(timeAgo(now, now)).toBe('just now')
})

test('a day of the history is said as briefly as can be', () => {
  expect(
    [at(2026, 11, 20), at(2026, 11, 19), at(2026, 11, 17), at(2025, 11, 12)].map((day) => dayText(day, now)),
  ).toEqual(['Today', 'Yesterday', 'Tuesday 17 November', '12 November 2025'])
})

test('times, dates and durations follow the language and its region', async () => {
  const said = async (language: 'en' | 'de' | 'ar', tag: string) => {
    speak(await loadSpeech({ language, tag }))
    return [clockText(at(2026, 11, 20)), shortTime(at(2026, 11, 12), now), timeAgo((now - 300_000) as UnixMillis, now)]
  }
  try {
    expect(await said('de', 'de-AT')).toEqual(['09:42', '12. Nov.', 'vor 5 Minuten'])
    expect(await said('ar', 'ar-EG')).toEqual(['٩:٤٢ ص', '١٢ نوفمبر', 'قبل ٥ دقائق'])
    expect((await said('en', 'en-US'))[1]).toBe('Nov 12')
  } finally {
    await said('en', 'en-GB')
  }
})
