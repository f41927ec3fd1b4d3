import { MessengerError } from '@starling/protocol'

/**
 * What can go wrong with the local store. `full`: no room left; nothing was written. `in_use`: another process or tab has it.
 * `unreadable`: damaged, or sealed with another key. `newer_version`: written by a later version of this program, which can
 * read it. `closed`: used after it was closed.
 * `insecure`: others can read the file of the store key. `io`: the platform failed.
 */
export class StoreError extends MessengerError {
  override readonly name = 'StoreError'
  readonly fault = 'environment'
  readonly code: 'full' | 'io' | 'unreadable' | 'newer_version' | 'closed' | 'in_use' | 'insecure'
  constructor(code: StoreError['code'], options?: ErrorOptions) {
    super(`local store: ${code.replaceAll('_', ' ')}`, options)
    this.code = code
  }
}
