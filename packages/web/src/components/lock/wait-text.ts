import type { UnixMillis } from '@starling/client'

/** Whole seconds until `retryAt`; 0: the next attempt is heard. A clock that was set back does not lengthen what is shown. */
export function secondsLeft(retryAt: UnixMillis | undefined, now: UnixMillis): number {
  if (retryAt === undefined) return 0
  return Math.min(LONGEST_S, Math.max(0, Math.ceil((retryAt - now) / 1000)))
}

/** The longest wait that there is, in seconds. */
const LONGEST_S = 15 * 60

/** Minutes and seconds, as on a clock: 0:05. */
export function waitText(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
