import { checkRecoveryWord, parseRecoveryPhrase, RECOVERY_PHRASE_WORDS, RecoveryPhraseError } from '@starling/protocol'
import type { PhraseCheck } from './api.ts'

/**
 * Judges a recovery phrase while it is typed. A last word without white space behind it may still grow, so with fewer
 * than 13 words it is not held against the phrase.
 */
export function checkPhrase(text: string): PhraseCheck {
  const words = text.split(/\s+/).filter((word) => word !== '')
  if (words.length < RECOVERY_PHRASE_WORDS) {
    const finished = /\s$/.test(text) ? words : words.slice(0, -1)
    const wordIndex = finished.findIndex((word) => checkRecoveryWord(word).kind === 'unknown')
    return wordIndex === -1
      ? { kind: 'incomplete', words: words.length }
      : { kind: 'wrong', code: 'unknown_word', wordIndex }
  }
  try {
    parseRecoveryPhrase(text).fill(0)
    return { kind: 'ok' }
  } catch (error) {
    if (!(error instanceof RecoveryPhraseError)) throw error
    const { code, wordIndex } = error
    return { kind: 'wrong', code, ...(wordIndex === undefined ? {} : { wordIndex }) }
  }
}
