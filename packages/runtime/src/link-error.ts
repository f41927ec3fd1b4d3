import { MessengerError } from '@starling/protocol'

/**
 * Why a request on a link has no answer. `timeout`: none came in time; the link lives. `closed`: the link is gone.
 * `overloaded`: too much is under way or unsent, nothing was sent; the link lives. `protocol`: the other side sent what is
 * no frame, so the link was closed.
 */
export class LinkError extends MessengerError {
  override readonly name = 'LinkError'
  readonly fault = 'environment'
  readonly code: 'timeout' | 'closed' | 'overloaded' | 'protocol'
  constructor(code: LinkError['code'], options?: ErrorOptions) {
    super(`link: ${code}`, options)
    this.code = code
  }
}
