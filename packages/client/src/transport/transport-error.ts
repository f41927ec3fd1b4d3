import { MessengerError } from '@starling/protocol'

/**
 * Why a node could not be spoken to. `unreachable`: no connection, or no address that this platform can use. `refused`: it
 * answered with something else than what was asked for. `wrong_certificate`: it is not the node that its descriptor
 * describes. `timeout`, `closed`: no answer in time; closed while we waited.
 */
export class TransportError extends MessengerError {
  override readonly name = 'TransportError'
  readonly fault = 'environment'
  readonly code: 'unreachable' | 'refused' | 'wrong_certificate' | 'timeout' | 'closed'
  constructor(code: TransportError['code'], options?: ErrorOptions) {
    super(`transport: ${code.replaceAll('_', ' ')}`, options)
    this.code = code
  }
}
