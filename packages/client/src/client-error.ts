import { MessengerError } from '@starling/protocol'

/** A call that does not fit the state of the client: see `session`. `no_account`, `has_account`: there is none, or one already. */
export class ClientStateError extends MessengerError {
  override readonly name = 'ClientStateError'
  readonly fault = 'caller'
  readonly code: 'no_account' | 'has_account' | 'not_ready' | 'closed'
  constructor(code: ClientStateError['code']) {
    super(`client: ${code.replaceAll('_', ' ')}`)
    this.code = code
  }
}
