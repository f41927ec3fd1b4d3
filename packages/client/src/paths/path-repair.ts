/**
 * Paths that failed, built anew in the background: the next request shall not find out that the new one does not work either.
 * At most one attempt at once and one for each lane and swarm; a lane that cannot be repaired is left to the next request.
 */
import type { NodeEntry, RandomBytes } from '@starling/protocol'
import { millis, seconds } from '@starling/protocol'
import { backoff, type Clock, type Logger } from '@starling/runtime'
import { WakeUp } from '../wake-up.ts'
import { PathError } from './path-error.ts'

const ATTEMPTS = 3
const RETRY_BASE = millis(500)
const RETRY_LIMIT = seconds(10)
const MAX_WAITING = 16

/** A path that failed. */
export type BrokenPath = { readonly lane: 0 | 1; readonly destination: NodeEntry }

export type PathRepairOptions = {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  /** Sends a request that changes nothing over another such path. @throws {PathError} */
  readonly probe: (broken: BrokenPath, signal: AbortSignal) => Promise<void>
}

export class PathRepair {
  readonly #options: PathRepairOptions
  readonly #waiting = new Map<string, BrokenPath>()
  readonly #wakeUp: WakeUp

  constructor(options: PathRepairOptions) {
    this.#options = options
    this.#wakeUp = new WakeUp(options.clock)
  }

  add(broken: BrokenPath): void {
    if (this.#waiting.size >= MAX_WAITING) return
    this.#waiting.set(`${broken.lane} ${broken.destination.swarmId}`, broken)
    this.#wakeUp.wake()
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#wakeUp.sleep(undefined, signal)
      for (const [key, broken] of this.#waiting) {
        await this.#repair(broken, signal)
        this.#waiting.delete(key) // failures of the probe itself are not repaired again
      }
    }
  }

  async #repair(broken: BrokenPath, signal: AbortSignal): Promise<void> {
    const { clock, logger, probe, random } = this.#options
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        await probe(broken, signal)
        return
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof PathError)) throw error
        logger.debug('path.repair_failed', { code: error.code, attempt })
      }
      await clock.sleep(backoff({ attempt, base: RETRY_BASE, limit: RETRY_LIMIT, random }), { signal })
    }
  }
}
