import { MessengerError } from '@starling/protocol'

/** The storage cannot do it now. Nothing that was acknowledged is lost. */
export class NodeStoreError extends MessengerError {
  override readonly name = 'NodeStoreError'
  readonly fault = 'environment'
  readonly code: 'full' | 'io' | 'closed' | 'schema'
  constructor(code: NodeStoreError['code'], options?: ErrorOptions) {
    super(`node store: ${code}`, options)
    this.code = code
  }
}
