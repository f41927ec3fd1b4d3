import { MessengerError, type UnixMillis } from '@starling/protocol'

/**
 * `wrong`: another passphrase; the next attempt is heard from `retryAt` on. `too_soon`: not even looked at, because it came
 * before `retryAt`. `empty`, `too_long`: over 1,024 characters. `none`: there is no passphrase that could be right.
 */
export class PassphraseError extends MessengerError {
  override readonly name = 'PassphraseError'
  readonly fault = 'caller'
  readonly code: 'wrong' | 'too_soon' | 'empty' | 'too_long' | 'none'
  readonly retryAt: UnixMillis | undefined
  constructor(code: PassphraseError['code'], retryAt?: UnixMillis) {
    super(`passphrase: ${code.replaceAll('_', ' ')}`)
    this.code = code
    this.retryAt = retryAt
  }
}
