import { StoreError } from '../store/store-error.ts'

const CODES: Readonly<Record<string, StoreError['code']>> = {
  QuotaExceededError: 'full',
  InvalidStateError: 'closed',
  // Written by a later version of the app.
  VersionError: 'unreadable',
}

/** What an error of IndexedDB means for the store. Anything else is not the store's, and stays what it is. */
export function toStoreError(error: unknown): unknown {
  if (!(error instanceof DOMException)) return error
  return new StoreError(CODES[error.name] ?? 'io', { cause: error })
}
