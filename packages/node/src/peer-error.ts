import { MessengerError } from '@starling/protocol'

/** Another node did not answer, or not with what was asked; `not_admitted`, `wrong_time`: of an announcement. */
export class PeerError extends MessengerError {
  override readonly name = 'PeerError'
  readonly fault = 'environment'
  readonly code: 'unreachable' | 'timeout' | 'closed' | 'overloaded' | 'refused' | 'not_admitted' | 'wrong_time'
  constructor(code: PeerError['code'], options?: ErrorOptions) {
    super(`peer ${code}`, options)
    this.code = code
  }
}
