import { MessengerError } from '@starling/protocol'

/** Another node did not answer. */
export class PeerError extends MessengerError {
  override readonly name = 'PeerError'
  readonly fault = 'environment'
  readonly code: 'unreachable' | 'timeout' | 'closed' | 'overloaded' | 'refused'
  constructor(code: PeerError['code'], options?: ErrorOptions) {
    super(`peer ${code}`, options)
    this.code = code
  }
}
