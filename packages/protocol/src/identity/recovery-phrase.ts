/** An account seed as words that a person can write down. docs/protocol/identity.md §3. */
import { ACCOUNT_SEED_SIZE, type AccountSeed, parseAccountSeed } from './account-seed.ts'
import { RecoveryPhraseError } from './recovery-phrase-error.ts'
import { checksumWord, decodeWords, encodeWords, findWord, PREFIX_LENGTH } from './recovery-words.ts'
import { ENGLISH_WORDS } from './wordlist-english.ts'

/** Twelve for the seed and one to check them. */
export const RECOVERY_PHRASE_WORDS = 13
const LONG_PHRASE_WORDS = 25
const MOST_SUGGESTIONS = 6

export type RecoveryWordCheck =
  | { readonly kind: 'known'; readonly word: string }
  | { readonly kind: 'unknown'; readonly suggestions: readonly string[] }

/**
 * The 13 English words of a seed of 16 bytes, with one space between them.
 *
 * @throws {RecoveryPhraseError} `long_phrase`, for 32 bytes: no present client could restore the account from 25 words.
 */
export function encodeRecoveryPhrase(seed: AccountSeed): string {
  if (seed.length !== ACCOUNT_SEED_SIZE) throw new RecoveryPhraseError('long_phrase', { wordCount: LONG_PHRASE_WORDS })
  const words = encodeWords(seed)
  return [...words, checksumWord(words)].join(' ')
}

/**
 * The seed of 13 English words. Case and white space do not matter, nor do letters behind the third of a word.
 *
 * @throws {RecoveryPhraseError} the first that holds of `long_phrase`, `word_count`, `unknown_word` (the first such
 * word), `checksum`, `invalid_group`.
 */
export function parseRecoveryPhrase(text: string): AccountSeed {
  const typed = splitWords(text)
  if (typed.length === LONG_PHRASE_WORDS) throw new RecoveryPhraseError('long_phrase', { wordCount: typed.length })
  if (typed.length !== RECOVERY_PHRASE_WORDS) throw new RecoveryPhraseError('word_count', { wordCount: typed.length })
  const words = typed.map((word, wordIndex) => {
    const listed = findWord(word)
    if (listed === undefined) throw new RecoveryPhraseError('unknown_word', { wordIndex, word })
    return listed
  })
  const last = words.pop()
  if (last !== checksumWord(words)) throw new RecoveryPhraseError('checksum')
  return parseAccountSeed(decodeWords(words))
}

/** Judges one word while it is typed: the listed word that it stands for, or listed words that begin like it. */
export function checkRecoveryWord(text: string): RecoveryWordCheck {
  const typed = splitWords(text).join(' ')
  const word = findWord(typed)
  if (word !== undefined) return { kind: 'known', word }
  for (let length = Math.min(typed.length, PREFIX_LENGTH); length > 0; length--) {
    const start = typed.slice(0, length)
    const suggestions = ENGLISH_WORDS.filter((listed) => listed.startsWith(start)).slice(0, MOST_SUGGESTIONS)
    if (suggestions.length > 0) return { kind: 'unknown', suggestions }
  }
  return { kind: 'unknown', suggestions: [] }
}

function splitWords(text: string): string[] {
  return text
    .normalize('NFC')
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
}
