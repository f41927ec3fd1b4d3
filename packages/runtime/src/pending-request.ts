import type { Millis } from '@starling/protocol'
import type { LinkReply } from './link.ts'
import { LinkError } from './link-error.ts'

export type PendingOptions = {
  readonly signal: AbortSignal
  /** On the monotonic clock. */
  readonly deadline: Millis
  /** Called once, however the request ends, before `answer` settles. */
  readonly onEnd: (end: 'settled' | 'givenUp') => void
}

/** A request that waits for its answer, its deadline or its cancellation, whichever comes first. Who owns it minds the time. */
export class PendingRequest {
  readonly answer: Promise<LinkReply>
  readonly deadline: Millis
  readonly #signal: AbortSignal
  readonly #onEnd: PendingOptions['onEnd']
  readonly #resolvers = Promise.withResolvers<LinkReply>()
  readonly #onAbort = () => this.#giveUp(this.#signal.reason)
  #hasEnded = false

  constructor({ signal, deadline, onEnd }: PendingOptions) {
    this.#signal = signal
    this.#onEnd = onEnd
    this.deadline = deadline
    this.answer = this.#resolvers.promise
    signal.addEventListener('abort', this.#onAbort)
  }

  settle(outcome: LinkReply | LinkError): void {
    if (!this.#end('settled')) return
    if (outcome instanceof LinkError) this.#resolvers.reject(outcome)
    else this.#resolvers.resolve(outcome)
  }

  /** Its deadline is over. */
  expire(): void {
    this.#giveUp(new LinkError('timeout'))
  }

  #giveUp(reason: unknown): void {
    if (this.#end('givenUp')) this.#resolvers.reject(reason)
  }

  #end(end: 'settled' | 'givenUp'): boolean {
    if (this.#hasEnded) return false
    this.#hasEnded = true
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#onEnd(end)
    return true
  }
}
