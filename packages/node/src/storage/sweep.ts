/** Deletes what has expired, and nothing before: a clock that jumps is not believed at once. */
import { hours, type Millis, millis, minutes, seconds, type UnixMillis, unixMillis } from '@starling/protocol'
import type { Clock, Logger } from '@starling/runtime'
import type { NodeStore } from './node-store.ts'
import { survive } from './survive.ts'

const INTERVAL = seconds(10)
/** Of one write, at first and at least, and at most: small, so that a store never waits long behind a deletion. */
const SMALLEST_BATCH = 25
const LARGEST_BATCH = 500
/** What a write should take, with its turn in the queue: the next one is half as large after a longer one. */
const WRITE_TIME = millis(5)
/** Of the time that a write took, up to so much. */
const PAUSE_SHARE = 1
const LONGEST_PAUSE = seconds(1)
/** How much faster than the machine counts the clock may be: it is set right now and then. */
const TOLERANCE = minutes(5)
/** How much later a start may be than what was seen last: nodes are off for a while. */
const ABSENCE = hours(24)
/** So long a jump is waited out: time enough to set a wrong clock right. */
const DISTRUST = hours(1)
/** Key of the stored value, and how often it is written. */
const SEEN = 'sweep.seen'
const SEEN_INTERVAL = minutes(10)

/**
 * Sweeps every 10 s until `signal` aborts, at times that all members have in common, so that they delete together and their
 * digests agree. When the clock has jumped ahead, nothing is deleted for an hour, and `storage.clock_jumped` is logged.
 */
export async function runSweep(
  ports: { clock: Clock; store: NodeStore; logger: Logger },
  signal: AbortSignal,
): Promise<void> {
  const { clock, store, logger } = ports
  const watch = new ClockWatch(clock)
  await survive(logger, signal, async () => watch.remember(await store.getValue(SEEN)))
  while (!signal.aborted) {
    await clock.sleep(untilNextSweep(clock.now()), { signal })
    if (watch.look()) logger.warn('storage.clock_jumped')
    if (!watch.isTrusted) continue
    const now = clock.now()
    await survive(logger, signal, async () => {
      const count = await deleteAllExpired(ports, now, signal)
      if (count > 0) logger.debug('storage.expired', { count })
      const seen = watch.toKeep(now)
      if (seen) await store.setValue(SEEN, seen)
    })
  }
}

/** Leaves the disk to others for as long as it takes itself. Returns how many were deleted. */
export async function deleteAllExpired(
  { clock, store }: { readonly clock: Clock; readonly store: Pick<NodeStore, 'deleteExpired'> },
  now: UnixMillis,
  signal: AbortSignal,
): Promise<number> {
  let total = 0
  let batch = SMALLEST_BATCH
  while (!signal.aborted) {
    const started = clock.monotonic()
    const deleted = await store.deleteExpired(now, batch)
    if (deleted === 0) break
    total += deleted
    const taken = clock.monotonic() - started
    if (taken > WRITE_TIME) batch = Math.max(Math.floor(batch / 2), SMALLEST_BATCH)
    else if (taken < WRITE_TIME / 2) batch = Math.min(batch * 2, LARGEST_BATCH)
    if (taken > 0) await clock.sleep(millis(Math.min(PAUSE_SHARE * taken, LONGEST_PAUSE)), { signal })
  }
  return total
}

function untilNextSweep(now: UnixMillis): Millis {
  return millis(INTERVAL - (now % INTERVAL))
}

/** Compares the clock with the time that the machine counts by itself. */
class ClockWatch {
  readonly #clock: Clock
  #wall: UnixMillis
  #counted: Millis
  #trustedFrom = Number.NEGATIVE_INFINITY
  #kept = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#wall = clock.now()
    this.#counted = clock.monotonic()
  }

  get isTrusted(): boolean {
    return this.#counted >= this.#trustedFrom
  }

  /** What was seen before the node was started. */
  remember(seen: Uint8Array | undefined): void {
    if (seen?.length !== 8) return
    this.#kept = Number(new DataView(seen.buffer, seen.byteOffset).getBigUint64(0))
    if (this.#wall - this.#kept > ABSENCE) this.#wall = unixMillis(this.#kept)
  }

  /** Whether it has jumped ahead since the last look. */
  look(): boolean {
    const [wall, counted] = [this.#clock.now(), this.#clock.monotonic()]
    const jumped = wall - this.#wall > counted - this.#counted + TOLERANCE
    if (jumped) this.#trustedFrom = counted + DISTRUST
    this.#wall = wall
    this.#counted = counted
    return jumped
  }

  /** What to keep of it, if it is time. */
  toKeep(now: UnixMillis): Uint8Array | undefined {
    if (Math.abs(now - this.#kept) < SEEN_INTERVAL) return undefined
    this.#kept = now
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setBigUint64(0, BigInt(now))
    return bytes
  }
}
