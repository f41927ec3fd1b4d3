import { type ConversationChange, type ConversationSummary, type UnixMillis, unixMillis } from '@starling/client'

/** For how long a chat can be muted. */
export const muteTimes = ['hour', 'workday', 'week', 'always'] as const
export type MuteTime = (typeof muteTimes)[number]

const HOUR = 3_600_000
const LENGTHS: Readonly<Record<Exclude<MuteTime, 'always'>, number>> = {
  hour: HOUR,
  workday: 8 * HOUR,
  week: 168 * HOUR,
}

export function muteChange(time: MuteTime, now: UnixMillis): ConversationChange {
  return time === 'always' ? { muted: true } : { mutedUntil: unixMillis(now + LENGTHS[time]) }
}

/** Whether it is muted now: the client says it as of the last change of the chat. */
export function isMutedAt(summary: Pick<ConversationSummary, 'muted' | 'mutedUntil'>, now: UnixMillis): boolean {
  return summary.muted && (summary.mutedUntil === undefined || summary.mutedUntil > now)
}
