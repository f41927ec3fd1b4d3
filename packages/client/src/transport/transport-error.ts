import { MessengerError } from '@starling/protocol'

export class TransportError extends MessengerError {
  override readonly name = 'TransportError'
  readonly fault = 'environment'
  readonly code: 'unreachable' | 'wrong_certificate' | 'timeout' | 'closed'
  constructor(code: TransportError['code'], options?: ErrorOptions) {
    super(`transport: ${code.replaceAll('_', ' ')}`, options)
    this.code = code
  }
}
