/**
 * The pseudo-locale: English with accents, a third longer and in brackets. Text without brackets was not translated, and
 * text that is cut off has no room for other languages. For tests and the gallery alone.
 */
import { en } from './en.ts'
import { type Message, type Part, parseMessage } from './icu/parse-message.ts'
import { createSpeech, type Speech } from './speech.ts'
import type { Words } from './t.ts'

const PLAIN = 'AEIOUYaeiouycnsz'
const ACCENTED = 'ÅÊÎÖÛÝåéîöûýçñšž'

/** `direction`: from right to left it shows what is not mirrored, in words that can be read. */
export function pseudoSpeech(direction: 'ltr' | 'rtl' = 'ltr'): Speech {
  const words = Object.fromEntries(Object.entries(en).map(([key, text]) => [key, pseudoText(text)])) as Words
  return createSpeech({ language: 'en', direction, tag: 'en-GB', words })
}

/** The same message with other letters: parameters and choices stay. */
export function pseudoText(text: string): string {
  const padding = '·'.repeat(Math.ceil(text.replace(/\{[^{}]*\}/g, '').length / 3))
  return `⟦${printMessage(parseMessage(text).map(accent))}${padding}⟧`
}

function accent(part: Part): Part {
  switch (part.kind) {
    case 'text':
      return {
        kind: 'text',
        text: part.text.replace(/[A-Za-z]/g, (letter) => ACCENTED[PLAIN.indexOf(letter)] ?? letter),
      }
    case 'plural':
    case 'selectordinal':
    case 'select':
      return { ...part, options: new Map([...part.options].map(([key, message]) => [key, message.map(accent)])) }
    default:
      return part
  }
}

/** A message as text again: what `parseMessage` reads as the same message. `inPlural`: `#` is a number there. */
export function printMessage(message: Message, inPlural = false): string {
  return message.map((part) => printPart(part, inPlural)).join('')
}

function printPart(part: Part, inPlural: boolean): string {
  switch (part.kind) {
    case 'text':
      return printText(part.text, inPlural)
    case 'argument':
      return `{${part.name}}`
    case 'count':
      return '#'
    case 'number':
    case 'date':
    case 'time':
      return `{${part.name}, ${part.kind}, ${part.style}}`
    case 'select':
      return `{${part.name}, select,${printOptions(part.options, inPlural)}}`
    case 'plural':
    case 'selectordinal':
      return `{${part.name}, ${part.kind}, offset:${part.offset}${printOptions(part.options, true)}}`
  }
}

/** Quoted from the first character that is not itself there. */
function printText(text: string, inPlural: boolean): string {
  const from = text.search(inPlural ? /[{}#]/ : /[{}]/)
  const escaped = (plain: string) => plain.replace(/'/g, "''")
  return from < 0 ? escaped(text) : `${escaped(text.slice(0, from))}'${escaped(text.slice(from))}'`
}

function printOptions(options: ReadonlyMap<string, Message>, inPlural: boolean): string {
  return [...options].map(([key, message]) => ` ${key} {${printMessage(message, inPlural)}}`).join('')
}
