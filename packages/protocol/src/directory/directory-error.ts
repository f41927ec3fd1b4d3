import { MessengerError } from '../errors.ts'

/** A directory document that cannot be used, whoever delivered it. */
export class DirectoryError extends MessengerError {
  override readonly name = 'DirectoryError'
  readonly fault = 'input'
  readonly code: 'malformed' | 'wrong_network' | 'threshold'
  constructor(code: DirectoryError['code'], detail: string, options?: ErrorOptions) {
    super(`directory document, ${code.replaceAll('_', ' ')}: ${detail}`, options)
    this.code = code
  }
}
