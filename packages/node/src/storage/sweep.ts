import { seconds } from '@starling/protocol'
import type { Clock, Logger } from '@starling/runtime'
import type { NodeStore } from './node-store.ts'
import { survive } from './survive.ts'

const INTERVAL = seconds(10)
/** Small, so that a store never waits long behind a deletion. */
const BATCH = 500

/** Deletes what has expired, in small batches, until `signal` aborts. */
export async function runSweep(
  ports: { clock: Clock; store: NodeStore; logger: Logger },
  signal: AbortSignal,
): Promise<void> {
  const { clock, store, logger } = ports
  while (!signal.aborted) {
    await clock.sleep(INTERVAL, { signal })
    await survive(logger, signal, async () => {
      let total = 0
      for (let deleted = BATCH; deleted === BATCH && !signal.aborted; total += deleted) {
        deleted = await store.deleteExpired(clock.now(), BATCH)
      }
      if (total > 0) logger.debug('storage.expired', { count: total })
    })
  }
}
