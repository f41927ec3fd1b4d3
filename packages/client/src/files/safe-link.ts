/** Which links a preview may be made of: what a person reads is where it leads. docs/protocol/envelope.md §6. */

const MAX_LINK_LENGTH = 2048
const LINK = /https:\/\/[^\s<>"'`\\]+/giu
/** Of a host as it is written, before anything is normalised. */
const HOST = /^https:\/\/([^/?#]*)/i
const HOST_CHARACTERS = /^[\p{L}\p{M}\p{N}.-]+$/u
const TRAILING = '.,;:!?)]}»”’*_'

/** The first link of a text of which a preview may be made. */
export function findLink(text: string): string | undefined {
  for (const [match] of text.matchAll(LINK)) {
    const link = match.length > 2 * MAX_LINK_LENGTH ? '' : withoutTrailing(match)
    if (isSafeLink(link)) return link
  }
  return undefined
}

/** Not by a regular expression: from every character of a long row it would look for the end. */
function withoutTrailing(link: string): string {
  let end = link.length
  while (end > 0 && TRAILING.includes(link[end - 1]!)) end--
  return link.slice(0, end)
}

/**
 * https, a host of at least two names in letters of one script, no address in numbers, no port, no user name, no `xn--`, and
 * nothing in it that cannot be seen.
 */
export function isSafeLink(link: string): boolean {
  const host = HOST.exec(link)?.[1]
  if (host === undefined || link.length > MAX_LINK_LENGTH || /[\s\p{C}]/u.test(link)) return false
  return isSafeHost(host) && URL.canParse(link)
}

function isSafeHost(host: string): boolean {
  if (host.length > 253 || !HOST_CHARACTERS.test(host) || /xn--/i.test(host)) return false
  const labels = host.split('.')
  const last = labels.at(-1)!
  if (labels.length < 2 || labels.some((label) => label === '') || !/^\p{L}/u.test(last)) return false
  return !/^(?:local|localhost|internal|lan|home|arpa|onion|loki)$/i.test(last) && scriptsOf(host) === 1
}

/** Scripts whose letters look alike, apart from each other and from all others. */
function scriptsOf(host: string): number {
  const letters = host.match(/\p{L}/gu) ?? []
  return new Set(letters.map(scriptOf)).size
}

function scriptOf(letter: string): string {
  if (/\p{Script=Latin}/u.test(letter)) return 'Latin'
  if (/\p{Script=Cyrillic}/u.test(letter)) return 'Cyrillic'
  if (/\p{Script=Greek}/u.test(letter)) return 'Greek'
  return 'other'
}
