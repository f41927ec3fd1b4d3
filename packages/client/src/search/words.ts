/**
 * What of a text can be searched for. Words are folded: case, accents, widths and ligatures make no difference. Scripts that
 * put no spaces between words (Chinese, Japanese, Thai, …) are taken as pairs of neighbouring characters, and the last
 * character of a run alone, so that every character begins something. An emoji is a word.
 */

/** A stretch of the text: a word, or a run of a script without spaces. Positions are UTF-16 units. */
export type Word = { readonly folded: string; readonly start: number; readonly end: number; readonly isRun: boolean }

/** All that a query may have of words; what is behind them is left out. */
const MAX_QUERY_WORDS = 16
/** Of a longer word the beginning counts. UTF-16 units. */
export const MAX_TERM = 32
/** Of one message. A text of 2,000 characters has at most 2,000. */
const MAX_TERMS = 4096

const SPACELESS =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ーﾞﾟ\\u3099\\u309a\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}'
const WORDS = new RegExp(`([${SPACELESS}]+)|[[\\p{L}\\p{N}\\p{M}_]--[${SPACELESS}]]+|\\p{Extended_Pictographic}`, 'gv')
/** Accents of European scripts, points of Hebrew and Arabic. Vowel signs of Indian scripts and voicing marks of Japanese are letters. */
const ACCENTS = /[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670]/g
const PLAIN = /^[ -~]*$/
/** What decomposition leaves alone, but people type without. */
const LETTERS = /[ßæœøłđıςþ]/g
const REPLACED: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ı: 'i',
  ς: 'σ',
  þ: 'th',
}

/** As it is compared. */
export function fold(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase()
  const bare = text.normalize('NFKD').replace(ACCENTS, '').normalize('NFC').toLowerCase().replace(ACCENTS, '')
  return bare.replace(LETTERS, (letter) => REPLACED[letter] ?? letter)
}

export function wordsOf(text: string): Word[] {
  return [...text.matchAll(WORDS)].map((match) => ({
    folded: fold(match[0]),
    start: match.index,
    end: match.index + match[0].length,
    isRun: match[1] !== undefined,
  }))
}

/** What a message is found by, without repetitions. */
export function termsOf(text: string): string[] {
  const terms = new Set<string>()
  for (const [found, run] of text.matchAll(WORDS)) {
    if (terms.size >= MAX_TERMS) break
    const folded = fold(found)
    if (run === undefined) terms.add(folded.slice(0, MAX_TERM))
    else for (const pair of pairsOf(folded)) terms.add(pair)
  }
  terms.delete('')
  return [...terms]
}

/** One thing that a message must have. */
export type QueryTerm = {
  readonly term: string
  /** Whatever begins with it counts; otherwise only itself. */
  readonly isPrefix: boolean
}

export type Query = {
  /** Every one must be there, as the beginning of a word, or within a run. */
  readonly words: readonly Word[]
  /** What the index is asked for. */
  readonly terms: readonly QueryTerm[]
}

/** `undefined`, if there is nothing to search for. */
export function parseQuery(text: string): Query | undefined {
  const words = wordsOf(text)
    .filter(({ folded }) => folded !== '')
    .slice(0, MAX_QUERY_WORDS)
  const terms = words.flatMap(({ folded, isRun }): QueryTerm[] => {
    if (!isRun) return [{ term: folded.slice(0, MAX_TERM), isPrefix: true }]
    const pairs = pairsOf(folded)
    // The last character alone would ask for the end of a run; a single one may stand anywhere.
    return pairs.length === 1
      ? [{ term: folded, isPrefix: true }]
      : pairs.slice(0, -1).map((term) => ({ term, isPrefix: false }))
  })
  return terms.length === 0 ? undefined : { words, terms: terms.slice(0, 2 * MAX_QUERY_WORDS) }
}

function pairsOf(run: string): string[] {
  const characters = Array.from(run)
  return characters.map((character, i) => character + (characters[i + 1] ?? ''))
}
