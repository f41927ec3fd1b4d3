/** What a web page says of itself: title and image, for a link preview. Pure, bounded, and no HTML parser: it looks at a few tags only. */

/** Where pages say it; the rest is not looked at. */
const MAX_HEAD_CHARACTERS = 262_144
const MAX_TITLE_LENGTH = 300
const MAX_TAG_CHARACTERS = 8192
const ATTRIBUTE = /([a-z:-]{1,32})\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/gi
const ENTITY = /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos|nbsp));/gi
const NAMED = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' } as const
/** Line breaks, control characters, and those that turn the direction of text around. */
const UNPRINTABLE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\s]+/gu

export type PagePreview = {
  /** One line of at most 300 code points. Hostile: show as text only. */
  readonly title?: string
  /** As the page has it: relative perhaps. */
  readonly image?: string
}

/** `og:title` before the title of the page, `og:image` before that of others. */
export function readPage(html: string): PagePreview {
  const found = new Map<string, string>()
  const head = html.slice(0, MAX_HEAD_CHARACTERS)
  let next: number
  for (let at = head.indexOf('<'); at !== -1; at = head.indexOf('<', next)) {
    next = at + 1
    const name = /^[a-z]{1,8}/i.exec(head.slice(at + 1, at + 9))?.[0].toLowerCase()
    if (name === 'body') break
    if (name === 'title' && !found.has('title')) found.set('title', textBehind(head, at))
    if (name !== 'meta') continue
    const tag = head.slice(at, at + MAX_TAG_CHARACTERS)
    const end = endOfTag(tag)
    // Every character is looked at once, however many tags begin and do not end.
    next = at + end
    note(found, tag.slice(0, end))
  }
  const title = oneLine(found.get('og:title') || found.get('twitter:title') || found.get('title') || '')
  const image = found.get('og:image:secure_url') || found.get('og:image') || found.get('twitter:image')
  return { ...(title === '' ? {} : { title }), ...(image ? { image: image.trim() } : {}) }
}

/** The first value of each name counts. */
function note(found: Map<string, string>, tag: string): void {
  const attributes = new Map<string, string>()
  for (const [, name, double, single, bare] of tag.matchAll(ATTRIBUTE)) {
    attributes.set(name!.toLowerCase(), decodeEntities(double ?? single ?? bare ?? ''))
  }
  const key = (attributes.get('property') ?? attributes.get('name'))?.toLowerCase()
  const content = attributes.get('content')
  if (key !== undefined && content !== undefined && !found.has(key)) found.set(key, content)
}

/** Behind the `>` that stands in no quotes. */
function endOfTag(text: string): number {
  let quote = ''
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '>') return i
    else if (character === '"' || character === "'") quote = character
  }
  return text.length
}

function textBehind(head: string, at: number): string {
  const start = head.indexOf('>', at) + 1
  if (start === 0) return ''
  const end = head.indexOf('<', start)
  return decodeEntities(
    head.slice(start, end === -1 ? start + MAX_TAG_CHARACTERS : Math.min(end, start + MAX_TAG_CHARACTERS)),
  )
}

function decodeEntities(text: string): string {
  return text.replace(ENTITY, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return NAMED[name.toLowerCase() as keyof typeof NAMED]
    const code = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal)
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : whole
  })
}

function oneLine(text: string): string {
  return [
    ...text
      .slice(0, 4 * MAX_TITLE_LENGTH)
      .replace(UNPRINTABLE, ' ')
      .trim(),
  ]
    .slice(0, MAX_TITLE_LENGTH)
    .join('')
    .trim()
}
