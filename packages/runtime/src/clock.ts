import type { Millis, UnixMillis } from '@starling/protocol'

/** All waiting goes through this port, so that tests own time. */
export interface Clock {
  /** Milliseconds since the Unix epoch, UTC. Can jump: never subtract two of them to get a duration. */
  now(): UnixMillis
  /** Milliseconds since an arbitrary start; never goes back. For durations. */
  monotonic(): Millis
  /** Resolves after `delay`; rejects with `signal.reason` as soon as `signal` aborts. */
  sleep(delay: Millis, options: { signal: AbortSignal }): Promise<void>
}
