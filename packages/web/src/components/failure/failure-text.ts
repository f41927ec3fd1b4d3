import { t } from '../../text/t.ts'

/** What happened, and whether anything is lost: the two things that every failure says. */
export type FailureText = { readonly what: string; readonly lost: string }

/** Words for an error code. A code that has no words of its own gets the general ones, never the raw code. */
export function failureText(code: string): FailureText {
  switch (code) {
    case 'store_unreadable':
      return { what: t('failure.storeUnreadable'), lost: t('failure.storeUnreadable.lost') }
    case 'store_unavailable':
      return { what: t('failure.storeUnavailable'), lost: t('failure.storeUnavailable.lost') }
    case 'in_use':
      return { what: t('failure.inUse'), lost: t('failure.inUse.lost') }
    case 'network_file':
      return { what: t('failure.networkFile'), lost: t('failure.networkFile.lost') }
    case 'worker_failed':
      return { what: t('failure.worker'), lost: t('failure.worker.lost') }
    default:
      return { what: t('failure.unknown'), lost: t('failure.unknown.lost') }
  }
}

/** The code of an error, or `unknown`, for {@link failureText}. */
export function failureCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'
}
