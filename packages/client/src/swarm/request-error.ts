import { MessengerError } from '@starling/protocol'
import type { PathError } from '../paths/path-error.ts'

/**
 * Why storage nodes did not do what they were asked for. `refused`: they will not do it, and would not the next time.
 * `clock`: they do not accept our time, also after measuring it. `unavailable`: they cannot now. `wrong_swarm`: they are
 * not in the owner's swarm. `malformed_answer`: what came back makes no sense. `no_swarm`: there is no directory yet.
 */
export class RequestError extends MessengerError {
  override readonly name = 'RequestError'
  readonly fault = 'environment'
  readonly code:
    | 'refused'
    | 'too_large'
    | 'clock'
    | 'unavailable'
    | 'wrong_swarm'
    | 'malformed_answer'
    | 'no_swarm'
    | PathError['code']
  constructor(code: RequestError['code'], options?: ErrorOptions) {
    super(`request: ${code.replaceAll('_', ' ')}`, options)
    this.code = code
  }
}
