import { millis } from '@starling/protocol'
import type { Clock } from '@starling/runtime'

/** What repair and hand-over move at most, so that clients and links are left room: bytes a second, of a megabyte each. */
const BYTES_PER_SECOND = 8_000_000

/** Does `work`, which tells how many bytes it moved, and then waits as long as so many are to take. */
export async function throttled<T>(
  clock: Clock,
  signal: AbortSignal,
  work: () => Promise<{ readonly bytes: number; readonly value: T }>,
): Promise<T> {
  const started = clock.monotonic()
  const { bytes, value } = await work()
  const rest = (1000 * bytes) / BYTES_PER_SECOND - (clock.monotonic() - started)
  if (rest >= 1) await clock.sleep(millis(Math.ceil(rest)), { signal })
  return value
}
