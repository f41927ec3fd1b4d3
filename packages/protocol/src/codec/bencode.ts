/**
 * bt-encoding, a dialect of bencoding: integers, byte strings, lists and dicts. Strict both ways: one value has one form.
 *
 * @see docs/protocol/bt-encoding.md
 */
import { joinBytes } from '../bytes/bytes.ts'
import { utf8 } from '../bytes/utf8.ts'
import { CodecError } from './codec.ts'

/** Keys are byte strings, one character of U+0000…U+00FF for each byte. */
export type BencodeDict = ReadonlyMap<string, BencodeValue>
/** What decoding yields. An integer is a `bigint` only if it is beyond ±(2^53 − 1). */
export type BencodeValue = number | bigint | Uint8Array | readonly BencodeValue[] | BencodeDict
/** What encoding takes: text stands for its UTF-8, the order of a dict does not matter. */
export type BencodeInput =
  | number
  | bigint
  | string
  | Uint8Array
  | readonly BencodeInput[]
  | ReadonlyMap<string, BencodeInput>

export type BencodeLimits = {
  /** Lists and dicts inside one another; 16 unless told. */
  readonly maxDepth?: number
  /** 10 485 760 unless told. */
  readonly maxBytes?: number
}

const MAX_DEPTH = 16
const MAX_BYTES = 10_485_760
const MIN_INT = -(1n << 63n)
const MAX_INT = (1n << 63n) - 1n
type NumberForms = { readonly integer: RegExp; readonly length: RegExp }
const STRICT: NumberForms = { integer: /^(0|-?[1-9][0-9]*)$/, length: /^(0|[1-9][0-9]*)$/ }
const LENIENT: NumberForms = { integer: /^-?[0-9]+$/, length: /^[0-9]+$/ }
const MAX_BYTE = 0xff
/** A number of so many digits, sign included, is a safe integer. */
const SAFE_DIGITS = 15
const LIST = utf8('l')
const DICT = utf8('d')
const END = utf8('e')

/** The entries of `record` whose value is not `undefined`. Keys are ASCII. */
export function bencodeDict(
  record: Readonly<Record<string, BencodeInput | undefined>>,
): ReadonlyMap<string, BencodeInput> {
  const dict = new Map<string, BencodeInput>()
  for (const [key, value] of Object.entries(record)) if (value !== undefined) dict.set(key, value)
  return dict
}

/** @throws {CodecError} `out_of_bounds`, on a number that is no 64-bit integer, or a key that is no byte string. */
export function encodeBencode(value: BencodeInput): Uint8Array {
  const parts: Uint8Array[] = []
  write(value, parts)
  return joinBytes(parts)
}

/**
 * Byte strings share the memory of `bytes`.
 *
 * @throws {CodecError} `truncated`, `trailing_bytes`, `not_canonical` (leading zeros, `-0`, key order, repeated keys,
 *   anything else that is not bt-encoding), `out_of_bounds` (64 bits, depth, size).
 */
export function decodeBencode(bytes: Uint8Array, limits: BencodeLimits = {}): BencodeValue {
  if (bytes.length > (limits.maxBytes ?? MAX_BYTES)) throw new CodecError('out_of_bounds', `${bytes.length} bytes`)
  const parser = new Parser(bytes, limits.maxDepth ?? MAX_DEPTH)
  const value = parser.value(0)
  if (parser.at < bytes.length) throw new CodecError('trailing_bytes', `${bytes.length - parser.at} bytes`)
  return value
}

/**
 * The value at the start of `bytes`, whatever follows it, as the apps that sync config messages read it: leading zeros and
 * `-0` are taken for what they mean. Everything else is as strict as `decodeBencode`; byte strings share the memory of `bytes`.
 *
 * @throws {CodecError} `truncated`, `not_canonical`, `out_of_bounds`
 */
export function decodeLenientBencode(bytes: Uint8Array, limits: BencodeLimits = {}): BencodeValue {
  if (bytes.length > (limits.maxBytes ?? MAX_BYTES)) throw new CodecError('out_of_bounds', `${bytes.length} bytes`)
  return new Parser(bytes, limits.maxDepth ?? MAX_DEPTH, LENIENT).value(0)
}

export function isBencodeDict(value: unknown): value is BencodeDict {
  return value instanceof Map
}

function write(value: BencodeInput, out: Uint8Array[]): void {
  if (typeof value === 'number' || typeof value === 'bigint') out.push(utf8(`i${checkedInteger(value)}e`))
  else if (typeof value === 'string') writeBytes(utf8(value), out)
  else if (value instanceof Uint8Array) writeBytes(value, out)
  else if (value instanceof Map) writeDict(value as ReadonlyMap<string, BencodeInput>, out)
  else {
    out.push(LIST)
    for (const item of value as readonly BencodeInput[]) write(item, out)
    out.push(END)
  }
}

function writeDict(dict: ReadonlyMap<string, BencodeInput>, out: Uint8Array[]): void {
  out.push(DICT)
  const keys = [...dict.keys()].sort((a, b) => (a < b ? -1 : 1)) // code units are bytes here
  for (const key of keys) {
    writeBytes(keyBytes(key), out)
    write(dict.get(key)!, out)
  }
  out.push(END)
}

function keyBytes(key: string): Uint8Array {
  const bytes = new Uint8Array(key.length)
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i)
    if (unit > MAX_BYTE) throw new CodecError('out_of_bounds', 'a key is no byte string')
    bytes[i] = unit
  }
  return bytes
}

function writeBytes(bytes: Uint8Array, out: Uint8Array[]): void {
  out.push(utf8(`${bytes.length}:`), bytes)
}

function checkedInteger(value: number | bigint): number | bigint {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new CodecError('out_of_bounds', 'not an integer')
    return value === 0 ? 0 : value // −0 has the same form
  }
  if (value < MIN_INT || value > MAX_INT) throw new CodecError('out_of_bounds', 'over 64 bits')
  return value
}

class Parser {
  at = 0
  readonly #bytes: Uint8Array
  readonly #maxDepth: number
  readonly #forms: NumberForms
  constructor(bytes: Uint8Array, maxDepth: number, forms = STRICT) {
    this.#bytes = bytes
    this.#maxDepth = maxDepth
    this.#forms = forms
  }

  value(depth: number): BencodeValue {
    if (depth > this.#maxDepth) throw new CodecError('out_of_bounds', `deeper than ${this.#maxDepth}`)
    const mark = this.#peek()
    if (mark === 0x69) return this.#integer()
    if (mark === 0x6c) return this.#list(depth)
    if (mark === 0x64) return this.#dict(depth)
    return this.#byteString()
  }

  #integer(): number | bigint {
    this.at++
    const digits = this.#until(0x65, 20)
    if (!this.#forms.integer.test(digits)) throw new CodecError('not_canonical', 'integer')
    if (digits.length <= SAFE_DIGITS) return Number(digits) || 0 // never −0
    const value = checkedInteger(BigInt(digits))
    const small = Number(value)
    return Number.isSafeInteger(small) ? small : value
  }

  #byteString(): Uint8Array {
    const digits = this.#until(0x3a, 10)
    if (!this.#forms.length.test(digits)) throw new CodecError('not_canonical', 'length')
    const size = Number(digits)
    if (size > this.#bytes.length - this.at) throw new CodecError('truncated', `${size} bytes wanted`)
    this.at += size
    return this.#bytes.subarray(this.at - size, this.at)
  }

  #list(depth: number): BencodeValue[] {
    this.at++
    const items: BencodeValue[] = []
    while (this.#peek() !== 0x65) items.push(this.value(depth + 1))
    this.at++
    return items
  }

  #dict(depth: number): BencodeDict {
    this.at++
    const dict = new Map<string, BencodeValue>()
    let last: string | undefined
    while (this.#peek() !== 0x65) {
      const key = byteText(this.#byteString())
      if (last !== undefined && key <= last) throw new CodecError('not_canonical', 'order of keys')
      last = key
      dict.set(key, this.value(depth + 1))
    }
    this.at++
    return dict
  }

  #peek(): number {
    const byte = this.#bytes[this.at]
    if (byte === undefined) throw new CodecError('truncated', 'a value is missing')
    return byte
  }

  /** The characters before `end`, at most `max`; then stands behind `end`. */
  #until(end: number, max: number): string {
    let text = ''
    for (; ; this.at++) {
      const byte = this.#peek()
      if (byte === end) break
      if (text.length === max || !isNumeral(byte)) throw new CodecError('not_canonical', 'number')
      text += String.fromCharCode(byte)
    }
    this.at++
    return text
  }
}

/** `-` or a digit. */
function isNumeral(byte: number): boolean {
  return byte === 0x2d || (byte >= 0x30 && byte <= 0x39)
}

function byteText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}
