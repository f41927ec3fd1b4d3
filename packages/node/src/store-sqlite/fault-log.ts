import type { Logger } from '@starling/runtime'
import type { NodeStoreError } from '../storage/node-store-error.ts'

const EVENTS: Readonly<Partial<Record<NodeStoreError['code'], string>>> = {
  full: 'store.disk_full',
  not_writable: 'store.not_writable',
  damaged: 'store.damaged',
  io: 'store.disk_failed',
}
/** A fault that lasts fails every request: it is told so often, in milliseconds. */
const INTERVAL = 60_000

/** Tells the operator what is wrong with the disk: a line for each kind, at most once a minute. */
export class FaultLog {
  readonly logger: Logger
  readonly #told = new Map<string, number>()

  constructor(logger: Logger) {
    this.logger = logger
  }

  /** Returns the error, so that it can be thrown on. */
  report(error: NodeStoreError): NodeStoreError {
    const event = EVENTS[error.code]
    const now = performance.now()
    if (event === undefined || now - (this.#told.get(event) ?? Number.NEGATIVE_INFINITY) < INTERVAL) return error
    this.#told.set(event, now)
    this.logger.error(event)
    return error
  }
}
