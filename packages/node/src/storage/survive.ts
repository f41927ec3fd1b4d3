import type { Logger } from '@starling/runtime'
import { NodeStoreError } from './node-store-error.ts'

/** A round of a loop that has to go on when the disk fails or is full: the next round may find it well again. */
export async function survive(logger: Logger, signal: AbortSignal, round: () => Promise<void>): Promise<void> {
  try {
    await round()
  } catch (error) {
    if (signal.aborted || !(error instanceof NodeStoreError)) throw error
    logger.error('storage.loop_failed', { code: error.code })
  }
}
