/** Reads an ICU message: text, `{name}`, `{n, number}`, `{at, date, long}`, `{n, plural, …}`, `{kind, select, …}`, nested as deep as wanted. */

export type Message = readonly Part[]

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'argument'; readonly name: string }
  | { readonly kind: 'number'; readonly name: string; readonly style: NumberStyle }
  | { readonly kind: 'date' | 'time'; readonly name: string; readonly style: DateStyle }
  /** `#`: the number that chose the form around it, less the offset. */
  | { readonly kind: 'count'; readonly name: string; readonly offset: number }
  | ({ readonly kind: 'plural' | 'selectordinal'; readonly offset: number } & Options)
  | ({ readonly kind: 'select' } & Options)

/** The words of each choice, by `=0`, `one`, or what is selected; `other` is always among them. */
type Options = { readonly name: string; readonly options: ReadonlyMap<string, Message> }

const NUMBER_STYLES = ['decimal', 'integer', 'percent'] as const
export type NumberStyle = (typeof NUMBER_STYLES)[number]
const DATE_STYLES = ['short', 'medium', 'long', 'full'] as const
export type DateStyle = (typeof DATE_STYLES)[number]

/** A message that cannot be read. Its texts are our own: this is a bug, found by tests. */
export class MessageSyntaxError extends Error {
  override readonly name = 'MessageSyntaxError'
  readonly code = 'message_syntax'
  /** Position in the message, in UTF-16 units. */
  readonly at: number
  constructor(what: string, at: number) {
    super(`${what} at ${at}`)
    this.at = at
  }
}

/** Quoting as in ICU: `''` is an apostrophe, `'{'` braces as text; an apostrophe before anything else is itself. @throws {MessageSyntaxError} */
export function parseMessage(text: string): Message {
  const reader = new Reader(text)
  const message = reader.readMessage(undefined)
  if (!reader.atEnd) throw reader.error('a brace without its pair')
  return message
}

type Counted = { readonly name: string; readonly offset: number }

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length
  }

  error(what: string): MessageSyntaxError {
    return new MessageSyntaxError(what, this.#at)
  }

  /** Up to a closing brace or the end. `counted`: what `#` stands for. */
  readMessage(counted: Counted | undefined): Message {
    const parts: Part[] = []
    while (!this.atEnd && this.#peek() !== '}') {
      if (this.#take('{')) parts.push(this.#readArgument(counted))
      else if (counted !== undefined && this.#take('#')) parts.push({ kind: 'count', ...counted })
      else parts.push({ kind: 'text', text: this.#readText(counted !== undefined) })
    }
    return parts
  }

  #readText(inPlural: boolean): string {
    const isSpecial = (character: string | undefined) =>
      character === '{' || character === '}' || (inPlural && character === '#')
    let text = ''
    while (!this.atEnd && !isSpecial(this.#peek())) {
      if (this.#peek() !== "'") text += this.#next()
      else if (this.#text[this.#at + 1] === "'") text += this.#skip(2, "'")
      else if (isSpecial(this.#text[this.#at + 1])) text += this.#readQuoted()
      else text += this.#next()
    }
    return text
  }

  #readQuoted(): string {
    this.#at++
    let text = ''
    while (!this.atEnd) {
      if (!this.#take("'")) text += this.#next()
      else if (this.#take("'")) text += "'"
      else return text
    }
    throw this.error('a quotation without an end')
  }

  #readArgument(counted: Counted | undefined): Part {
    const name = this.#readWord()
    if (this.#take('}')) return { kind: 'argument', name }
    this.#expect(',')
    const kind = this.#readWord()
    switch (kind) {
      case 'number':
        return { kind, name, style: this.#readStyle(NUMBER_STYLES) ?? 'decimal' }
      case 'date':
      case 'time':
        return { kind, name, style: this.#readStyle(DATE_STYLES) ?? 'medium' }
      case 'plural':
      case 'selectordinal': {
        this.#expect(',')
        const offset = this.#readOffset()
        return { kind, name, offset, options: this.#readOptions({ name, offset }, true) }
      }
      case 'select':
        this.#expect(',')
        return { kind, name, options: this.#readOptions(counted, false) }
      default:
        throw this.error(`no such kind of argument: ${kind}`)
    }
  }

  #readStyle<Style extends string>(styles: readonly Style[]): Style | undefined {
    if (this.#take('}')) return undefined
    this.#expect(',')
    const word = this.#readWord()
    const style = styles.find((known) => known === word)
    if (style === undefined) throw this.error(`no such style: ${word}`)
    this.#expect('}')
    return style
  }

  #readOffset(): number {
    this.#skipSpace()
    if (!this.#text.startsWith('offset:', this.#at)) return 0
    this.#at += 'offset:'.length
    const digits = this.#readWord()
    if (!/^\d+$/.test(digits)) throw this.error('an offset is a number')
    return Number(digits)
  }

  #readOptions(counted: Counted | undefined, isPlural: boolean): ReadonlyMap<string, Message> {
    const options = new Map<string, Message>()
    this.#skipSpace()
    while (!this.#take('}')) {
      const key = this.#readWord()
      if (isPlural && !/^(=\d+|zero|one|two|few|many|other)$/.test(key)) throw this.error(`no plural form: ${key}`)
      if (options.has(key)) throw this.error(`twice: ${key}`)
      this.#expect('{')
      options.set(key, this.readMessage(counted))
      this.#expect('}')
      this.#skipSpace()
    }
    if (!options.has('other')) throw this.error('no form for all others')
    return options
  }

  #readWord(): string {
    this.#skipSpace()
    const [word] = /^=?\w+/.exec(this.#text.slice(this.#at)) ?? []
    if (word === undefined) throw this.error('a name is missing')
    this.#at += word.length
    this.#skipSpace()
    return word
  }

  #peek(): string | undefined {
    return this.#text[this.#at]
  }

  #next(): string {
    return this.#text[this.#at++] ?? ''
  }

  #skip(count: number, instead: string): string {
    this.#at += count
    return instead
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false
    this.#at++
    return true
  }

  #expect(character: string): void {
    this.#skipSpace()
    if (!this.#take(character)) throw this.error(`expected ${character}`)
  }

  #skipSpace(): void {
    while (/\s/.test(this.#peek() ?? '')) this.#at++
  }
}
