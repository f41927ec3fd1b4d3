/** The name that an account shows to others. docs/protocol/identity.md §4. */
import type { Brand } from '../brand.ts'
import { utf8 } from '../bytes/utf8.ts'
import { MalformedInputError } from '../errors.ts'

/** At least one visible character and at most 100 bytes of UTF-8; no white or invisible characters at its ends. */
export type DisplayName = Brand<string, 'DisplayName'>

export const MAX_DISPLAY_NAME_BYTES = 100

// White space and the characters that look like nothing. Joiners are among them: outside a class, one by one.
const INVISIBLE = /^(?:\s|\u200b|\u200c|\u200d|\u200e|\u200f|\u2060|\ufeff)$/u

/** `display_name`, with what is wrong, so that an interface can tell a person. */
export class DisplayNameError extends MalformedInputError {
  readonly reason: 'empty' | 'too_long'
  constructor(reason: DisplayNameError['reason'], sizeBytes: number) {
    super('display_name', `${reason.replace('_', ' ')}, ${sizeBytes} bytes`)
    this.reason = reason
  }
}

/**
 * Parses a name that its owner chose: white and invisible characters are taken from its ends, not from its middle.
 *
 * @throws {DisplayNameError} `display_name`: nothing is left, or more than 100 bytes are.
 */
export function parseDisplayName(text: string): DisplayName {
  const name = trimInvisible([...text]).join('')
  const sizeBytes = utf8(name).length
  if (sizeBytes === 0) throw new DisplayNameError('empty', utf8(text).length)
  if (sizeBytes > MAX_DISPLAY_NAME_BYTES) throw new DisplayNameError('too_long', sizeBytes)
  return name as DisplayName // the only cast to DisplayName in the repository
}

/** A name that came from somebody else: cut to 100 bytes between two code points; `undefined`, if nothing is left. */
export function truncateDisplayName(text: string): DisplayName | undefined {
  let sizeBytes = 0
  const kept: string[] = []
  for (const character of trimInvisible([...text])) {
    sizeBytes += utf8(character).length
    if (sizeBytes > MAX_DISPLAY_NAME_BYTES) break
    kept.push(character)
  }
  // The cut can lay bare another invisible character at the end: parsing takes it off.
  return kept.length === 0 ? undefined : parseDisplayName(kept.join(''))
}

function trimInvisible(characters: readonly string[]): readonly string[] {
  let start = 0
  let end = characters.length
  while (start < end && INVISIBLE.test(characters[start]!)) start++
  while (end > start && INVISIBLE.test(characters[end - 1]!)) end--
  return characters.slice(start, end)
}
