import { MessengerError } from '@starling/protocol'

/**
 * Why a file was not stored or fetched. `files_unavailable`: this client has no place for files. `storage_unreachable`: later
 * perhaps. `storage_refused`: it will not take this file. `file_gone`: it was deleted, and stays so.
 */
export class FileStorageError extends MessengerError {
  override readonly name = 'FileStorageError'
  readonly fault = 'environment'
  readonly code: 'files_unavailable' | 'storage_unreachable' | 'storage_refused' | 'file_gone'
  constructor(code: FileStorageError['code'], options?: ErrorOptions) {
    super(`files: ${code.replaceAll('_', ' ')}`, options)
    this.code = code
  }
}

/**
 * Why a file is not even tried. `file_too_large`: over 10,000,000 bytes, or what its server sends has no end. `file_format`:
 * its pointer is of no format that we know. `not_encrypted`: anybody could have put something else there.
 */
export class FileError extends MessengerError {
  override readonly name = 'FileError'
  readonly fault = 'input'
  readonly code: 'file_too_large' | 'file_format' | 'not_encrypted'
  constructor(code: FileError['code'], options?: ErrorOptions) {
    super(code.replaceAll('_', ' '), options)
    this.code = code
  }
}
