import { t } from '../../text/t.ts'
import type { PassphraseProblem } from './device-lock.ts'

/** What is wrong with a passphrase, in words. */
export function passphraseProblemText(problem: PassphraseProblem): string {
  switch (problem) {
    case 'wrong':
      return t('lock.wrong')
    case 'too_soon':
      return t('lock.tooSoon')
    case 'empty':
      return t('lock.empty')
    case 'too_long':
      return t('lock.tooLong')
    case 'mismatch':
      return t('lock.mismatch')
    case 'failed':
      return t('lock.changeFailed')
  }
}
