/** When messages may disappear. docs/protocol/conversations.md §3. */
import type { Expiration, Millis } from '@starling/client'
import { durationText } from '../../format/time.ts'
import { t } from '../../text/t.ts'

export type TimerMode = 'never' | Expiration['mode']

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const OFFERED: Readonly<Record<Expiration['mode'], readonly number[]>> = {
  afterRead: [5 * MINUTE, HOUR, 12 * HOUR, DAY, 7 * DAY, 14 * DAY],
  afterSend: [12 * HOUR, DAY, 7 * DAY, 14 * DAY],
}
/** What is chosen at first. */
const USUAL: Readonly<Record<Expiration['mode'], number>> = { afterRead: 12 * HOUR, afterSend: DAY }

/** To a note nobody but oneself reads there is no reading that could begin it. */
export function timerModes(isNote: boolean): readonly TimerMode[] {
  return isNote ? ['never', 'afterSend'] : ['never', 'afterRead', 'afterSend']
}

/** Seconds that are offered, and what else is set now: another client may have chosen it. */
export function timerSeconds(mode: Expiration['mode'], now: Expiration | undefined): readonly number[] {
  const offered = OFFERED[mode]
  if (now?.mode !== mode || offered.includes(now.seconds)) return offered
  return [...offered, now.seconds].sort((a, b) => a - b)
}

/** What a choice of mode and time means; a time that the mode does not offer becomes its usual one. */
export function expirationOf(mode: TimerMode, seconds: number, now: Expiration | undefined): Expiration | undefined {
  if (mode === 'never') return undefined
  return { mode, seconds: timerSeconds(mode, now).includes(seconds) ? seconds : USUAL[mode] }
}

export function secondsText(seconds: number): string {
  return durationText((seconds * 1000) as Millis)
}

/** The setting in a sentence; `undefined`: off. */
export function expirationText(expiration: Expiration | undefined): string | undefined {
  if (expiration === undefined) return undefined
  const duration = secondsText(expiration.seconds)
  return expiration.mode === 'afterRead' ? t('timer.onRead', { duration }) : t('timer.onSend', { duration })
}
