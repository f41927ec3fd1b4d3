import { t } from '../../text/t.ts'
import type { ArchiveProblem } from './archive.ts'

/** What is wrong with an archive or its passphrase, in a sentence. */
export function archiveProblemText(problem: Exclude<ArchiveProblem, 'failed'>): string {
  switch (problem) {
    case 'empty':
      return t('lock.empty')
    case 'too_long':
      return t('lock.tooLong')
    case 'mismatch':
      return t('lock.mismatch')
    default:
      return t(`archive.${problem}`)
  }
}
