import { t } from '../../text/t.ts'
import type { ContactProblem } from './contact-input.ts'

/** What is wrong with an ID, and what it should be, in a sentence. */
export function problemText(problem: ContactProblem): string {
  switch (problem.kind) {
    case 'link':
      return t('addContact.wrong.link')
    case 'length':
      return t('addContact.wrong.length', { count: problem.length })
    case 'alphabet':
      return t('addContact.wrong.alphabet', { character: problem.character })
    case 'prefix':
      return t('addContact.wrong.prefix')
  }
}
