import { MessengerError } from '../errors.ts'

/** A recovery phrase that cannot be read; an interface can point at the word. */
export class RecoveryPhraseError extends MessengerError {
  override readonly name = 'RecoveryPhraseError'
  readonly fault = 'input'
  /**
   * `word_count`: not 13 words · `long_phrase`: the 25 words of a 32-byte seed, which this version does not use ·
   * `unknown_word`: no such word · `invalid_group`: three words that no seed gives · `checksum`: the last word does not
   * fit the others, so at least one is wrong or two have changed places.
   */
  readonly code: 'word_count' | 'long_phrase' | 'unknown_word' | 'invalid_group' | 'checksum'
  /** From 0. With `unknown_word`, and with `invalid_group`, where it is the first of the three. */
  readonly wordIndex: number | undefined
  /** With `unknown_word`: what was typed. To be shown to its author; never in `message`, never in a log. */
  readonly word: string | undefined
  /** With `word_count` and `long_phrase`: how many there are. */
  readonly wordCount: number | undefined

  constructor(
    code: RecoveryPhraseError['code'],
    details: { wordIndex?: number; word?: string; wordCount?: number } = {},
  ) {
    super(`recovery phrase: ${code.replaceAll('_', ' ')}`)
    this.code = code
    this.wordIndex = details.wordIndex
    this.wordCount = details.wordCount
    this.word = details.word
    // What a phrase holds is secret: no printer or serializer that walks over fields shall come upon a word.
    Object.defineProperty(this, 'word', { enumerable: false })
  }
}
