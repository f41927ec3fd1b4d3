import { StoreError } from '../store/store-error.ts'

const CODES: Readonly<Record<string, StoreError['code']>> = {
  QuotaExceededError: 'full',
  InvalidStateError: 'closed',
  VersionError: 'newer_version',
}

/** What an error of IndexedDB means for the store. Anything else is not the store's, and stays what it is. */
export function toStoreError(error: unknown): unknown {
  if (!(error instanceof DOMException)) return error
  return new StoreError(CODES[error.name] ?? 'io', { cause: error })
}
