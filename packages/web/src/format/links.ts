/** Links in hostile text: found, and looked at for what they pretend to be. Nothing here loads or opens anything. */
import { unicodeHost } from './punycode.ts'

export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  /** `text`: as it was written. `url`: as a browser understands it. */
  | { readonly kind: 'link'; readonly text: string; readonly url: string }

/** Only what a browser opens as a page. Whoever writes another scheme writes text. */
const CANDIDATE = /(?<![\p{L}\p{N}@/.])(?:https?:\/\/|www\.)[^\s<>"“”„«»‹›`{}|\\^]+/giu
/** A text without it has no link: most have none, and it is quicker to tell. */
const MARK = /:\/\/|www\./i
/** Ends a sentence, not an address. */
const TRAILING = /[.,:;!?'’…。，、！？؟،؛*_~-]$/u
const PAIRS: Readonly<Record<string, string>> = { ')': '(', ']': '[', '】': '【', '）': '（' }

/** The text in parts, none of them empty; joined, they are the text again. Takes time in proportion to its length. */
export function findLinks(text: string): readonly TextPart[] {
  const parts: TextPart[] = []
  let done = 0
  const addText = (end: number) => {
    if (end > done) parts.push({ kind: 'text', text: text.slice(done, end) })
  }
  for (const match of MARK.test(text) ? text.matchAll(CANDIDATE) : []) {
    const written = trimEnd(match[0])
    const url = readUrl(written)
    if (url === undefined) continue
    addText(match.index)
    parts.push({ kind: 'link', text: written, url: url.href })
    done = match.index + written.length
  }
  addText(text.length)
  return parts
}

/** What somebody should know before they open a link. */
export type LinkView = {
  readonly url: string
  /** As computers write it: with `xn--` where the name has other letters than a–z. */
  readonly host: string
  /** As it reads, where that differs. */
  readonly reads: string | undefined
  readonly warnings: readonly LinkWarning[]
}

/**
 * `mixed`: letters of several alphabets in one word · `lookalike`: all letters of it look like Latin ones · `foreign`: other
 * letters than a–z, without such a reason · `disguised`: a user name that looks like a host · `insecure`: not encrypted.
 */
export type LinkWarning = 'mixed' | 'lookalike' | 'foreign' | 'disguised' | 'insecure'

/** @throws {TypeError} if `url` is none; those of `findLinks` are. */
export function inspectLink(url: string): LinkView {
  const { href, host, hostname, username, protocol } = new URL(url)
  const name = unicodeHost(hostname)
  const warnings: LinkWarning[] = []
  const judged = name === hostname ? undefined : judgeName(name)
  if (judged !== undefined) warnings.push(judged)
  if (username !== '') warnings.push('disguised')
  if (protocol === 'http:') warnings.push('insecure')
  return { url: href, host, reads: name === hostname ? undefined : name, warnings }
}

function readUrl(written: string): URL | undefined {
  const url = URL.parse(/^www\./i.test(written) ? `https://${written}` : written)
  return url === null || !/[.:]/.test(url.hostname) ? undefined : url
}

/** Without the punctuation of the sentence around it, and without a bracket that was opened before it. */
function trimEnd(candidate: string): string {
  let end = candidate.length
  const open = new Map<string, number>()
  for (const character of candidate) open.set(character, (open.get(character) ?? 0) + 1)
  while (end > 0) {
    const last = candidate[end - 1] ?? ''
    const opening = PAIRS[last]
    const isUnpaired = opening !== undefined && (open.get(last) ?? 0) > (open.get(opening) ?? 0)
    if (!isUnpaired && !TRAILING.test(last)) break
    open.set(last, (open.get(last) ?? 0) - 1)
    end--
  }
  return candidate.slice(0, end)
}

const SCRIPTS = [
  ['Latin', /\p{Script=Latin}/u],
  ['Cyrillic', /\p{Script=Cyrillic}/u],
  ['Greek', /\p{Script=Greek}/u],
  ['Armenian', /\p{Script=Armenian}/u],
  ['Hebrew', /\p{Script=Hebrew}/u],
  ['Arabic', /\p{Script=Arabic}/u],
  ['Cherokee', /\p{Script=Cherokee}/u],
  ['Devanagari', /\p{Script=Devanagari}/u],
  ['Thai', /\p{Script=Thai}/u],
  ['Hangul', /\p{Script=Hangul}/u],
  ['Japanese', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['Bopomofo', /\p{Script=Bopomofo}/u],
  ['Han', /\p{Script=Han}/u],
] as const
/** Languages whose writing is made of several. */
const TOGETHER = [
  ['Latin', 'Han', 'Japanese'],
  ['Latin', 'Han', 'Hangul'],
  ['Latin', 'Han', 'Bopomofo'],
]
/** Cyrillic, Greek and Armenian letters that look like Latin ones. */
const LIKE_LATIN = /^[аһсԁеɡіјӏопԛргѕвкмнтухԝьәԍαινορτυχωηκμգհոսսցօղ0-9-]+$/u

/** Each label is a word of its own: `пример.com` mixes nothing. */
function judgeName(name: string): LinkWarning {
  const labels = name.split('.')
  const isMixed = labels.some((label) => {
    const used = SCRIPTS.filter(([, letters]) => letters.test(label)).map(([script]) => script)
    return used.length > 1 && !TOGETHER.some((group) => used.every((script) => group.includes(script)))
  })
  if (isMixed) return 'mixed'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
  return labels.some((label) => /[^\u0000-\u007F]/.test(label) && LIKE_LATIN.test(label)) ? 'lookalike' : 'foreign'
}
