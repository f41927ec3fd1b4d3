/** Where a text has what was searched for, and a piece of the text to show. */
import { fold, type Query, type Word, wordsOf } from './words.ts'

/** UTF-16 positions: from `start` up to, and without, `end`. */
export type MatchRange = { readonly start: number; readonly end: number }

export type Snippet = {
  /** A piece of the message, with "…" where it was cut, on one line. Hostile text: show as text only. */
  readonly text: string
  /** In `text`, in order, not overlapping. */
  readonly matches: readonly MatchRange[]
}

/** Before the first match, and of the whole piece: what fits two lines of a list. */
const LEAD = 32
const LENGTH = 160

/** In order, not overlapping; `undefined`, if something of the query is missing. */
export function findMatches(text: string, query: Query): readonly MatchRange[] | undefined {
  const words = wordsOf(text)
  const ranges: MatchRange[] = []
  for (const wanted of query.words) {
    const found = words.flatMap((word) => rangesIn(text, word, wanted))
    if (found.length === 0) return undefined
    ranges.push(...found)
  }
  return joined(ranges)
}

export function snippetOf(text: string, matches: readonly MatchRange[]): Snippet {
  const first = matches[0]?.start ?? 0
  const from = first <= LEAD ? 0 : boundary(text, first - LEAD)
  const to = from + LENGTH >= text.length ? text.length : boundary(text, from + LENGTH)
  const [before, after] = [from > 0 ? '…' : '', to < text.length ? '…' : '']
  const shift = before.length - from
  const shown = matches.filter(({ start }) => start < to)
  return {
    text: `${before}${text.slice(from, to).replace(/\s/g, ' ')}${after}`,
    matches: shown.map(({ start, end }) => ({ start: start + shift, end: Math.min(end, to) + shift })),
  }
}

function rangesIn(text: string, word: Word, wanted: Word): MatchRange[] {
  if (word.isRun !== wanted.isRun) return []
  const ranges: MatchRange[] = []
  for (let at = word.folded.indexOf(wanted.folded); at >= 0; at = word.folded.indexOf(wanted.folded, at + 1)) {
    if (!word.isRun && at > 0) break
    const start = originalLength(text, word, at)
    ranges.push({ start: word.start + start, end: word.start + originalLength(text, word, at + wanted.folded.length) })
  }
  return ranges
}

/** How much of the original makes `length` units of the folded word. */
function originalLength(text: string, { folded, start, end }: Word, length: number): number {
  if (folded.length === end - start || length === 0) return length
  let sum = 0
  let used = 0
  for (const [cluster] of text.slice(start, end).matchAll(/[^\p{M}ﾞﾟ][\p{M}ﾞﾟ]*|[\p{M}ﾞﾟ]+/gu)) {
    if (sum >= length) break
    sum += fold(cluster).length
    used += cluster.length
  }
  return used
}

function joined(ranges: MatchRange[]): MatchRange[] {
  const result: MatchRange[] = []
  for (const range of ranges.sort((a, b) => a.start - b.start)) {
    const last = result.at(-1)
    if (last !== undefined && range.start <= last.end) {
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, range.end) }
    } else {
      result.push(range)
    }
  }
  return result
}

/** Not within a pair of surrogates; better at a space, if there is one nearby. */
function boundary(text: string, at: number): number {
  const space = text.indexOf(' ', at)
  if (space >= 0 && space - at < 12) return space + 1
  const isInside = /[\udc00-\udfff]/.test(text[at] ?? '')
  return isInside ? at + 1 : at
}
