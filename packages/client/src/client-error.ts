import { MessengerError } from '@starling/protocol'

/** A call that does not fit the state of the client: see `session`. `no_account`, `has_account`: there is none, or one already; `locked`: `unlock` it first. */
export class ClientStateError extends MessengerError {
  override readonly name = 'ClientStateError'
  readonly fault = 'caller'
  readonly code: 'no_account' | 'has_account' | 'not_ready' | 'locked' | 'closed'
  constructor(code: ClientStateError['code']) {
    super(`client: ${code.replaceAll('_', ' ')}`)
    this.code = code
  }
}

/** What cannot be done with this message or conversation. `rate_limited`: later, it can. */
export class ActionError extends MessengerError {
  override readonly name = 'ActionError'
  readonly fault = 'caller'
  readonly code: 'unknown_message' | 'not_own_message' | 'not_allowed' | 'rate_limited'
  constructor(code: ActionError['code']) {
    super(`action: ${code.replaceAll('_', ' ')}`)
    this.code = code
  }
}
