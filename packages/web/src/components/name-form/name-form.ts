import { DisplayNameError, parseDisplayName } from '@starling/client'
import { t } from '../../text/t.ts'

/** What is wrong with a display name, in words; `undefined`, if it can be used. */
export function nameProblem(text: string): string | undefined {
  try {
    parseDisplayName(text)
    return undefined
  } catch (error) {
    if (!(error instanceof DisplayNameError)) throw error
    return error.reason === 'empty' ? t('name.empty') : t('name.wrong')
  }
}
