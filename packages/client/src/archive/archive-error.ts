import { MessengerError } from '@starling/protocol'

/**
 * `not_an_archive`: another kind of file. `passphrase_or_damage`: the first piece does not open; which of the two nobody can
 * tell. `damaged`: cut short, changed, or not made by this program. `newer_version`: a later version of this program made it.
 * `other_account`: it belongs to another account than this device.
 */
export class ArchiveError extends MessengerError {
  override readonly name = 'ArchiveError'
  readonly fault = 'input'
  readonly code: 'not_an_archive' | 'passphrase_or_damage' | 'damaged' | 'newer_version' | 'other_account'
  constructor(code: ArchiveError['code'], options?: ErrorOptions) {
    super(`archive: ${code.replaceAll('_', ' ')}`, options)
    this.code = code
  }
}
