import type { Millis } from '@starling/protocol'
import type { Clock } from './clock.ts'
import type { LinkReply } from './link.ts'
import { LinkError } from './link-error.ts'

export type PendingOptions = {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly timeout: Millis
  /** Called once, however the request ends, before `answer` settles. */
  readonly onEnd: (end: 'settled' | 'givenUp') => void
}

/** A constant, because the default reason is an exception with a stack for every request. Nobody sees it. */
const ENDED = 'ended'

/** A request that waits for its answer, its deadline or its cancellation, whichever comes first. */
export class PendingRequest {
  readonly answer: Promise<LinkReply>
  readonly #options: PendingOptions
  readonly #resolvers = Promise.withResolvers<LinkReply>()
  readonly #ended = new AbortController()
  readonly #onAbort = () => this.#giveUp(this.#options.signal.reason)

  constructor(options: PendingOptions) {
    this.#options = options
    this.answer = this.#resolvers.promise
    options.signal.addEventListener('abort', this.#onAbort)
    void options.clock.sleep(options.timeout, { signal: this.#ended.signal }).then(
      () => this.#giveUp(new LinkError('timeout')),
      () => {}, // ended before the time was over
    )
  }

  settle(outcome: LinkReply | LinkError): void {
    if (!this.#end('settled')) return
    if (outcome instanceof LinkError) this.#resolvers.reject(outcome)
    else this.#resolvers.resolve(outcome)
  }

  #giveUp(reason: unknown): void {
    if (this.#end('givenUp')) this.#resolvers.reject(reason)
  }

  #end(end: 'settled' | 'givenUp'): boolean {
    if (this.#ended.signal.aborted) return false
    this.#ended.abort(ENDED)
    this.#options.signal.removeEventListener('abort', this.#onAbort)
    this.#options.onEnd(end)
    return true
  }
}
