import { MalformedInputError } from '../errors.ts'

/** UTF-8 of a text; a lone surrogate becomes U+FFFD, as `TextEncoder` does. */
export function utf8(text: string): Uint8Array {
  // Nearly every text of the protocols is ASCII: as many bytes as characters.
  const ascii = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x80) return encodeAll(text)
    ascii[i] = code
  }
  return ascii
}

function encodeAll(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3)
  let length = 0
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i)
    if (code < 0x80) {
      bytes[length++] = code
      continue
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      const next = text.charCodeAt(i + 1)
      if (code <= 0xdbff && next >= 0xdc00 && next <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (next - 0xdc00)
        i++
      } else code = 0xfffd
    }
    if (code < 0x800) bytes[length++] = 0xc0 | (code >> 6)
    else {
      if (code < 0x10000) bytes[length++] = 0xe0 | (code >> 12)
      else {
        bytes[length++] = 0xf0 | (code >> 18)
        bytes[length++] = 0x80 | ((code >> 12) & 63)
      }
      bytes[length++] = 0x80 | ((code >> 6) & 63)
    }
    bytes[length++] = 0x80 | (code & 63)
  }
  return bytes.slice(0, length)
}

/**
 * Text of strict UTF-8: no overlong forms, surrogates, truncation or code points over U+10FFFF.
 *
 * @throws {MalformedInputError} `utf8`
 */
export function fromUtf8(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; ) {
    const end = asciiEnd(bytes, at, Math.min(bytes.length, at + CHUNK))
    if (end > at) text += String.fromCharCode.apply(null, bytes.subarray(at, end) as unknown as number[])
    at = end
    if (at === bytes.length || bytes[at]! < 0x80) continue
    const units: number[] = []
    while (at < bytes.length && bytes[at]! >= 0x80 && units.length < CHUNK) at = decodeOne(bytes, at, units)
    text += String.fromCharCode.apply(null, units)
  }
  return text
}

/** Characters that are made into text at once: engines bound the arguments of a call. */
const CHUNK = 4096

/** Where from `at` on the first byte is that is not ASCII, or `end`. */
function asciiEnd(bytes: Uint8Array, at: number, end: number): number {
  let i = at
  while (i < end && bytes[i]! < 0x80) i++
  return i
}

/** Appends the code units of the character at `at`, which is not ASCII; where the next one begins. */
function decodeOne(bytes: Uint8Array, at: number, units: number[]): number {
  const { size, lead, least } = shapeOf(bytes[at]!, at)
  let code = lead
  for (let k = 1; k < size; k++) {
    const next = bytes[at + k]
    if (next === undefined || next >> 6 !== 2) throw new MalformedInputError('utf8', `at byte ${at}`)
    code = (code << 6) | (next & 63)
  }
  if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
    throw new MalformedInputError('utf8', `at byte ${at}`)
  if (code < 0x10000) units.push(code)
  else units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff))
  return at + size
}

function shapeOf(first: number, at: number): { size: number; lead: number; least: number } {
  if (first >= 0xc2 && first <= 0xdf) return { size: 2, lead: first & 31, least: 0x80 }
  if (first >= 0xe0 && first <= 0xef) return { size: 3, lead: first & 15, least: 0x800 }
  if (first >= 0xf0 && first <= 0xf4) return { size: 4, lead: first & 7, least: 0x10000 }
  throw new MalformedInputError('utf8', `at byte ${at}`)
}
