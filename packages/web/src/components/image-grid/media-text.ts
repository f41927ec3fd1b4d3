import { t } from '../../text/t.ts'
import type { MediaFailure } from './media.ts'

/** What happened, in a sentence. */
export function mediaFailureText(why: MediaFailure): string {
  return why === 'noPlace' ? t('message.fileNotYet') : t(`media.${why}`)
}

/** Whether the same may work another time. */
export function isWorthRetrying(why: MediaFailure): boolean {
  return why === 'unreachable'
}
