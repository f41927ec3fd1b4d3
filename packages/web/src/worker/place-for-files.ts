import type { FileStorage } from '@starling/client'

/** Where the app's client stores encrypted files: nowhere yet, and the app says so. Other builds put theirs in this file's place. */
export function openFileStorage(): FileStorage | undefined {
  return undefined
}
