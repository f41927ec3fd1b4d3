import { MalformedInputError } from '../errors.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const VALUES = new Int8Array(128).fill(-1)
for (let i = 0; i < 64; i++) VALUES[ALPHABET.charCodeAt(i)] = i
const ALL_DIGITS = /^[A-Za-z0-9+/]*$/

// Standard JavaScript of 2026, twenty times faster where the engine has it; the loops below serve the others.
type NativeBase64 = { fromBase64?: (text: string, options: { lastChunkHandling: 'loose' }) => Uint8Array }
const native = Uint8Array as unknown as NativeBase64
type WithToBase64 = Uint8Array & { toBase64?: (options: { omitPadding: boolean }) => string }

/** Standard base64 with padding. */
export function toBase64(bytes: Uint8Array): string {
  const fast = (bytes as WithToBase64).toBase64
  if (fast) return fast.call(bytes, { omitPadding: false })
  const text = encodeSlowly(bytes)
  return text + '='.repeat((4 - (text.length % 4)) % 4)
}

/** Standard base64 without padding. */
export function toBase64Unpadded(bytes: Uint8Array): string {
  const fast = (bytes as WithToBase64).toBase64
  return fast ? fast.call(bytes, { omitPadding: true }) : encodeSlowly(bytes)
}

/**
 * Bytes of standard base64; padding may be complete or left out.
 *
 * @throws {MalformedInputError} `base64`, on another character, white space, a length of 1 modulo 4 or wrong padding.
 */
export function fromBase64(text: string): Uint8Array {
  const digits = text.length - paddingOf(text)
  const isComplete = digits === text.length || text.length % 4 === 0
  const bytes = digits % 4 !== 1 && isComplete ? decode(text, digits) : undefined
  if (bytes === undefined) throw new MalformedInputError('base64', `${text.length} characters`)
  return bytes
}

/** 0…2 characters. */
function paddingOf(text: string): number {
  if (!text.endsWith('=')) return 0
  return text.endsWith('==') ? 2 : 1
}

function decode(text: string, digits: number): Uint8Array | undefined {
  const payload = digits < text.length ? text.slice(0, digits) : text
  if (!native.fromBase64) return ALL_DIGITS.test(payload) ? decodeSlowly(payload, digits) : undefined
  try {
    const bytes = native.fromBase64(payload, { lastChunkHandling: 'loose' })
    // The engine skips white space, and then there are fewer bytes than characters say.
    return bytes.length === Math.floor((digits * 3) / 4) ? bytes : undefined
  } catch {
    return undefined // another character is the only thing that it refuses
  }
}

function encodeSlowly(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text += ALPHABET[group >> 18]! + ALPHABET[(group >> 12) & 63]!
    if (left > 1) text += ALPHABET[(group >> 6) & 63]!
    if (left > 2) text += ALPHABET[group & 63]!
  }
  return text
}

function decodeSlowly(text: string, digits: number): Uint8Array {
  const bytes = new Uint8Array(Math.floor((digits * 3) / 4))
  let bits = 0
  let held = 0
  let out = 0
  for (let i = 0; i < digits; i++) {
    held = ((held << 6) | VALUES[text.charCodeAt(i)]!) & 0xffff
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[out++] = (held >> bits) & 255
    }
  }
  return bytes
}
