import { MalformedInputError } from '../errors.ts'

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
/** Of the digit with that character code; 0xff: no digit. */
const VALUES = new Uint8Array(128).fill(0xff)
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16)
  VALUES[digit.charCodeAt(0)] = value
  VALUES[digit.toUpperCase().charCodeAt(0)] = value
}

// Standard JavaScript of 2026, several times faster where the engine has it; the loop below serves the others.
type WithToHex = Uint8Array & { toHex?: () => string }

/** Lower-case hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  const fast = (bytes as WithToHex).toHex
  if (fast) return fast.call(bytes)
  let text = ''
  for (const byte of bytes) text += DIGITS[byte]!
  return text
}

/**
 * Bytes of lower- or upper-case hex.
 *
 * @throws {MalformedInputError} `hex`, on an odd length or another character.
 */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0) throw malformed(text)
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    // Beyond ASCII there is no value at all: `undefined` becomes 0xff as well.
    const high = VALUES[text.charCodeAt(2 * i)] ?? 0xff
    const low = VALUES[text.charCodeAt(2 * i + 1)] ?? 0xff
    if (high === 0xff || low === 0xff) throw malformed(text)
    bytes[i] = (high << 4) | low
  }
  return bytes
}

function malformed(text: string): MalformedInputError {
  return new MalformedInputError('hex', `${text.length} characters`)
}
