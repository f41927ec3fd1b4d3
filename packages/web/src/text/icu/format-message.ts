import type { DateStyle, Message, NumberStyle, Part } from './parse-message.ts'

/** What a parameter may be: text as it is, a number, or a moment as a `Date` or its milliseconds. */
export type MessageValues = Readonly<Record<string, string | number | Date>>

/** Writes numbers and moments, and chooses plural forms, as one language does it. Made once for each: that is what is slow. */
export type Locale = {
  readonly tag: string
  readonly isRightToLeft: boolean
  formatNumber(value: number, style?: NumberStyle): string
  formatDate(at: Date | number, style: DateStyle): string
  formatTime(at: Date | number, style: DateStyle): string
  pluralForm(value: number, ordinal: boolean): Intl.LDMLPluralRule
}

/** `tag`: a BCP 47 tag, such as `de-AT`: how numbers and dates are written there. `words`: the language whose plural forms are meant. */
export function createLocale(tag: string, words: string = tag): Locale {
  const kept = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat | Intl.PluralRules>()
  const keep = <T extends Intl.NumberFormat | Intl.DateTimeFormat | Intl.PluralRules>(
    key: string,
    make: () => T,
  ): T => {
    const made = kept.get(key) ?? make()
    kept.set(key, made)
    return made as T
  }
  const small: string[] = []
  return {
    tag,
    isRightToLeft: RIGHT_TO_LEFT_LANGUAGES.test(words),
    formatNumber(value, style = 'decimal') {
      const written = style === 'decimal' ? small[value] : undefined
      if (written !== undefined) return written
      const text = keep(`number ${style}`, () => new Intl.NumberFormat(tag, numberOptions(style))).format(value)
      if (style === 'decimal' && Number.isInteger(value) && value >= 0 && value < SMALL) small[value] = text
      return text
    },
    formatDate: (at, dateStyle) =>
      keep(`date ${dateStyle}`, () => new Intl.DateTimeFormat(tag, { dateStyle })).format(at),
    formatTime: (at, timeStyle) =>
      keep(`time ${timeStyle}`, () => new Intl.DateTimeFormat(tag, { timeStyle })).format(at),
    pluralForm: (value, ordinal) =>
      keep(`plural ${ordinal}`, () => new Intl.PluralRules(words, { type: ordinal ? 'ordinal' : 'cardinal' })).select(
        value,
      ),
  }
}

/** Below, numbers are written once: each message of a log counts who has it, and `Intl` takes its time. */
const SMALL = 100

const RIGHT_TO_LEFT_LANGUAGES = /^(ar|dv|fa|he|ps|sd|ug|ur|yi)\b/
const RIGHT_TO_LEFT = /[\u0590-\u08FF\u200F\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u
const LEFT_TO_RIGHT = /[^\P{L}\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u

/** Letters that run from right to left, and whatever else is as far from the Latin ones. */
const MAY_BE_RIGHT_TO_LEFT = /[\u0590-\uFFFF]/

/** Words that run the other way would take the punctuation around them along: they stand in an isolate (U+2068, U+2069). */
function isolated(text: string, { isRightToLeft }: Locale): string {
  if (!isRightToLeft && !MAY_BE_RIGHT_TO_LEFT.test(text)) return text
  return (isRightToLeft ? LEFT_TO_RIGHT : RIGHT_TO_LEFT).test(text) ? `\u2068${text}\u2069` : text
}

function numberOptions(style: NumberStyle): Intl.NumberFormatOptions {
  if (style === 'integer') return { maximumFractionDigits: 0 }
  return style === 'percent' ? { style: 'percent' } : {}
}

/** The message with its parameters filled in. A parameter that is missing is shown as `{name}`. */
export function formatMessage(message: Message, values: MessageValues, locale: Locale): string {
  return message.map((part) => (part.kind === 'text' ? part.text : formatPart(part, values, locale))).join('')
}

function formatPart(part: Exclude<Part, { kind: 'text' }>, values: MessageValues, locale: Locale): string {
  const value = values[part.name]
  if (value === undefined) return `{${part.name}}`
  switch (part.kind) {
    case 'argument':
      return typeof value === 'number' ? locale.formatNumber(value) : isolated(String(value), locale)
    case 'number':
      return locale.formatNumber(Number(value), part.style)
    case 'date':
      return locale.formatDate(momentOf(value), part.style)
    case 'time':
      return locale.formatTime(momentOf(value), part.style)
    case 'count':
      return locale.formatNumber(Number(value) - part.offset)
    case 'select':
      return formatMessage(part.options.get(String(value)) ?? otherOf(part), values, locale)
    case 'plural':
    case 'selectordinal': {
      const form = locale.pluralForm(Number(value) - part.offset, part.kind === 'selectordinal')
      const chosen = part.options.get(`=${Number(value)}`) ?? part.options.get(form)
      return formatMessage(chosen ?? otherOf(part), values, locale)
    }
  }
}

/** The parser made sure that it is there. */
function otherOf({ options }: { readonly options: ReadonlyMap<string, Message> }): Message {
  return options.get('other') ?? []
}

function momentOf(value: string | number | Date): Date | number {
  return typeof value === 'string' ? Number(value) : value
}
