/** Errors of other packages as sentences. Text of an error from elsewhere is never printed: it may hold anything. */
import { ActionError, ArchiveError, PassphraseError } from '@starling/client'
import { AccountIdError, DisplayNameError, MessengerError, RecoveryPhraseError } from '@starling/protocol'
import { CliError, type ExitCode } from './cli-error.ts'

export type Explanation = { readonly sentences: string; readonly exitCode: ExitCode }

export function explain(error: unknown): Explanation {
  if (error instanceof CliError) return { sentences: error.message, exitCode: error.exitCode }
  if (error instanceof RecoveryPhraseError) return { sentences: aboutPhrase(error), exitCode: 2 }
  if (error instanceof AccountIdError) return { sentences: aboutAccountId(error), exitCode: 2 }
  if (error instanceof PassphraseError) return { sentences: aboutPassphrase(error), exitCode: 1 }
  if (error instanceof ArchiveError) return { sentences: aboutArchive(error), exitCode: 1 }
  if (error instanceof ActionError) return { sentences: aboutAction(error), exitCode: 1 }
  if (error instanceof DisplayNameError) return { sentences: aboutName(error), exitCode: 2 }
  if (error instanceof MessengerError) return aboutCode(error)
  const system = systemCode(error)
  if (system !== undefined) {
    return {
      sentences: `The system refused a file or a socket: ${system}. Check permissions and free space.`,
      exitCode: 1,
    }
  }
  const name = error instanceof Error ? error.name : typeof error
  return { sentences: `Something went wrong that should not (${name}). This is a bug: please report it.`, exitCode: 1 }
}

function aboutCode(error: MessengerError): Explanation {
  if (error.code === 'message_text') {
    return { sentences: 'A text has 1 to 40,000 characters. Nothing was sent.', exitCode: 2 }
  }
  const advice: Record<MessengerError['fault'], string> = {
    bug: 'This is a bug: please report it.',
    caller: 'This is a bug: please report it.',
    input: 'What came from outside has not the form that it must have.',
    environment: 'Try again later.',
  }
  return { sentences: `It did not work: ${error.name}, ${error.code}. ${advice[error.fault]}`, exitCode: 1 }
}

/** Names the place, never the word: the screen may be watched or recorded. */
function aboutPhrase(error: RecoveryPhraseError): string {
  const place = (error.wordIndex ?? 0) + 1
  switch (error.code) {
    case 'word_count':
      return `A recovery phrase has 13 words; these are ${error.wordCount ?? 'not'}. Nothing was restored.`
    case 'long_phrase':
      return 'These are 25 words: phrases of that length are not used by this version. Nothing was restored.'
    case 'unknown_word':
      return `Word ${place} is not in the list of words: check its spelling. Nothing was restored.`
    case 'invalid_group':
      return `Words ${place} to ${place + 2} do not belong together: check them. Nothing was restored.`
    case 'checksum':
      return 'The last word does not fit the others: one word is wrong, or two have changed places. Nothing was restored.'
  }
}

function aboutPassphrase({ code, retryAt }: PassphraseError): string {
  const from =
    retryAt === undefined
      ? ''
      : ` The next attempt counts from ${new Date(retryAt).toISOString().slice(11, 19)} UTC on.`
  switch (code) {
    case 'wrong':
      return `The passphrase is wrong. Nothing was changed.${from}`
    case 'too_soon':
      return `There were too many wrong passphrases.${from}`
    case 'empty':
    case 'too_long':
      return 'A passphrase has 1 to 1,024 characters. Nothing was changed.'
    case 'none':
      return 'There is no passphrase. Nothing was changed.'
  }
}

function aboutArchive({ code }: ArchiveError): string {
  switch (code) {
    case 'not_an_archive':
      return 'This is no file of `starling account export`.'
    case 'passphrase_or_damage':
      return 'The file does not open: the passphrase is another one, or the file is damaged. Nothing was changed.'
    case 'damaged':
      return 'The file is damaged or cut short. What came before the damage is here now.'
    case 'newer_version':
      return 'A later version of this program made the file. Nothing was changed.'
    case 'other_account':
      return 'The file belongs to another account. Nothing was changed: import it into another folder with --folder.'
  }
}

function aboutAction({ code }: ActionError): string {
  switch (code) {
    case 'unknown_message':
      return 'There is no such message on this device. Nothing was changed.'
    case 'not_own_message':
      return 'Only own messages can be deleted for everyone. Nothing was changed.'
    case 'not_allowed':
      return 'That cannot be done here. Nothing was changed.'
    case 'rate_limited':
      return 'That was too often within a minute. Nothing was changed: try again later.'
  }
}

function aboutAccountId(error: AccountIdError): string {
  switch (error.reason) {
    case 'length':
      return 'An account ID has 66 characters: check whether all of it was copied.'
    case 'alphabet':
      return 'An account ID consists of the digits 0 to 9 and the letters a to f.'
    case 'prefix':
      return 'An account ID begins with 05.'
  }
}

function aboutName(error: DisplayNameError): string {
  return error.reason === 'empty' ? 'A name has at least one visible character.' : 'A name has at most 100 bytes.'
}

function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^E[A-Z]+$/.test(error.code)
    ? error.code
    : undefined
}
