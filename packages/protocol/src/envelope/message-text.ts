/** The text of a message: how long it may be, and what becomes of more. docs/protocol/envelope.md §6. */
import { MalformedInputError } from '../errors.ts'
import { MAX_TEXT_LENGTH } from './message-content.ts'

/** `message_text`, with what is wrong, so that an interface can tell a person. */
export class MessageTextError extends MalformedInputError {
  readonly reason: 'empty' | 'too_long'
  /** In code points. */
  readonly length: number
  constructor(reason: MessageTextError['reason'], length: number) {
    super('message_text', `${reason.replace('_', ' ')}, ${length} characters`)
    this.reason = reason
    this.length = length
  }
}

/** @throws {MessageTextError} `message_text`: more than 2,000 code points. */
export function assertTextLength(text: string): void {
  const length = codePoints(text)
  if (length > MAX_TEXT_LENGTH) throw new MessageTextError('too_long', length)
}

/** The first `most` code points. */
export function firstCodePoints(text: string, most: number): string {
  return text.length <= most ? text : [...text].slice(0, most).join('')
}

/**
 * A text of any length as messages of at most 2,000 code points each, none of them white space alone: cut behind the last
 * line of a message, else behind its last word, as long as no more than half of it is lost to that.
 */
export function splitText(text: string): readonly string[] {
  const parts: string[] = []
  for (let rest = text.trim(); rest !== ''; ) {
    const window = firstCodePoints(rest, MAX_TEXT_LENGTH)
    const part = window.length === rest.length ? window : window.slice(0, cutOf(window))
    parts.push(part.trimEnd())
    rest = rest.slice(part.length).trimStart()
  }
  return parts
}

function cutOf(window: string): number {
  const least = window.length / 2
  for (const separator of ['\n\n', '\n', ' ']) {
    const at = window.lastIndexOf(separator)
    if (at > least) return at
  }
  return window.length
}

function codePoints(text: string): number {
  let length = 0
  for (const _ of text) length++
  return length
}
