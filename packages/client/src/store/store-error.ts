import { MessengerError } from '@starling/protocol'

/**
 * What can go wrong with the local store. `full`: no room left; nothing was written. `in_use`: another process or tab has it.
 * `unreadable`: damaged, sealed with another key, or written by a later version. `closed`: used after it was closed.
 * `insecure`: others can read the file of the store key. `io`: the platform failed.
 */
export class StoreError extends MessengerError {
  override readonly name = 'StoreError'
  readonly fault = 'environment'
  readonly code: 'full' | 'io' | 'unreadable' | 'closed' | 'in_use' | 'insecure'
  constructor(code: StoreError['code'], options?: ErrorOptions) {
    super(`local store: ${code.replaceAll('_', ' ')}`, options)
    this.code = code
  }
}
