/**
 * Binary formats, declared once: type, encoder and decoder come from one value. Decoding is strict: `CodecError` on
 * truncation, trailing bytes, a length over its bound, or a form that the encoder would not write.
 */
import { joinBytes } from '../bytes/bytes.ts'
import { fromUtf8, utf8 } from '../bytes/utf8.ts'
import { MalformedInputError, MessengerError } from '../errors.ts'

export class CodecError extends MessengerError {
  override readonly name = 'CodecError'
  readonly fault = 'input'
  readonly code: 'truncated' | 'trailing_bytes' | 'out_of_bounds' | 'not_canonical' | 'unknown_version'
  constructor(code: CodecError['code'], detail: string, options?: ErrorOptions) {
    super(`${code.replaceAll('_', ' ')}: ${detail}`, options)
    this.code = code
  }
}

/** Reads a byte string from the front. Slices are copies of nothing: they share the input's memory. */
export class Reader {
  readonly #bytes: Uint8Array
  #at = 0
  constructor(bytes: Uint8Array) {
    // What Node.js receives is a subclass whose `slice` copies nothing: as such, what is decoded would share its memory.
    this.#bytes =
      bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  }
  get left(): number {
    return this.#bytes.length - this.#at
  }
  take(length: number): Uint8Array {
    if (length > this.left) throw new CodecError('truncated', `${length} bytes wanted, ${this.left} left`)
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}

export interface Codec<T> {
  encode(value: T): Uint8Array
  /** @throws {CodecError} */
  decode(bytes: Uint8Array): T
  /** Appends to `out`. @throws {CodecError} `out_of_bounds`, if the value has no encoding. */
  write(value: T, out: Uint8Array[]): void
  read(reader: Reader): T
}

export type Decoded<C> = C extends Codec<infer T> ? T : never

export function codec<T>(write: Codec<T>['write'], read: Codec<T>['read']): Codec<T> {
  return {
    write,
    read,
    encode(value) {
      const out: Uint8Array[] = []
      write(value, out)
      return joinBytes(out)
    },
    decode(bytes) {
      const reader = new Reader(bytes)
      const value = read(reader)
      if (reader.left > 0) throw new CodecError('trailing_bytes', `${reader.left} bytes`)
      return value
    },
  }
}

function unsigned(size: 1 | 2 | 4, bigEndian: boolean): Codec<number> {
  const limit = 2 ** (8 * size)
  return codec(
    (value, out) => {
      if (!Number.isInteger(value) || value < 0 || value >= limit) throw new CodecError('out_of_bounds', `u${8 * size}`)
      const bytes = new Uint8Array(size)
      for (let i = 0; i < size; i++) bytes[bigEndian ? size - 1 - i : i] = Math.floor(value / 256 ** i) & 255
      out.push(bytes)
    },
    (reader) => {
      const bytes = reader.take(size)
      let value = 0
      for (let i = 0; i < size; i++) value = value * 256 + bytes[bigEndian ? i : size - 1 - i]!
      return value
    },
  )
}

export const u8 = unsigned(1, true)
export const u16be = unsigned(2, true)
export const u32be = unsigned(4, true)
export const u32le = unsigned(4, false)

export const u64be: Codec<bigint> = codec(
  (value, out) => {
    if (value < 0n || value >= 1n << 64n) throw new CodecError('out_of_bounds', 'u64')
    out.push(u64Bytes(Number(value >> 32n), Number(value & 0xffff_ffffn)))
  },
  (reader) => {
    const [high, low] = readU64(reader)
    return (BigInt(high) << 32n) | BigInt(low)
  },
)

/** A whole number up to 2^53 − 1 in eight bytes, big endian: times in milliseconds, epochs. */
export function safeU64<T extends number = number>(): Codec<T> {
  return codec(
    (value, out) => {
      if (!Number.isSafeInteger(value) || value < 0) throw new CodecError('out_of_bounds', 'safe u64')
      out.push(u64Bytes(Math.floor(value / 2 ** 32), value % 2 ** 32))
    },
    (reader) => {
      const [high, low] = readU64(reader)
      if (high >= 2 ** 21) throw new CodecError('out_of_bounds', 'safe u64')
      return (high * 2 ** 32 + low) as T
    },
  )
}

function u64Bytes(high: number, low: number): Uint8Array {
  const bytes = new Uint8Array(8)
  for (let i = 0; i < 4; i++) {
    bytes[i] = (high >>> (24 - 8 * i)) & 255
    bytes[4 + i] = (low >>> (24 - 8 * i)) & 255
  }
  return bytes
}

function readU64(reader: Reader): readonly [high: number, low: number] {
  const bytes = reader.take(8)
  let high = 0
  let low = 0
  for (let i = 0; i < 4; i++) {
    high = high * 256 + bytes[i]!
    low = low * 256 + bytes[4 + i]!
  }
  return [high, low]
}

/** Exactly `size` bytes. */
export function bytes<T extends Uint8Array = Uint8Array>(size: number): Codec<T> {
  return codec(
    (value, out) => {
      if (value.length !== size) throw new CodecError('out_of_bounds', `${value.length} bytes, not ${size}`)
      out.push(value)
    },
    (reader) => reader.take(size).slice() as T,
  )
}

/** A length in the form `length`, then that many bytes, at most `max`. */
export function blob(length: Codec<number>, options: { max: number }): Codec<Uint8Array> {
  const check = (size: number) => {
    if (size > options.max) throw new CodecError('out_of_bounds', `${size} bytes, over ${options.max}`)
  }
  return codec(
    (value, out) => {
      check(value.length)
      length.write(value.length, out)
      out.push(value)
    },
    (reader) => {
      const size = length.read(reader)
      check(size)
      return reader.take(size).slice()
    },
  )
}

/** UTF-8 text of at most `max` bytes behind its length. */
export function text(length: Codec<number>, options: { max: number }): Codec<string> {
  const inner = blob(length, options)
  return codec(
    (value, out) => inner.write(utf8(value), out),
    (reader) => {
      try {
        return fromUtf8(inner.read(reader))
      } catch (error) {
        if (error instanceof MalformedInputError) throw new CodecError('not_canonical', 'text', { cause: error })
        throw error
      }
    },
  )
}

/** A count in the form `count`, then that many items, at most `max`. */
export function list<T>(count: Codec<number>, item: Codec<T>, options: { max: number }): Codec<readonly T[]> {
  const check = (size: number) => {
    if (size > options.max) throw new CodecError('out_of_bounds', `${size} items, over ${options.max}`)
  }
  return codec(
    (values, out) => {
      check(values.length)
      count.write(values.length, out)
      for (const value of values) item.write(value, out)
    },
    (reader) => {
      const size = count.read(reader)
      check(size)
      const values: T[] = []
      for (let i = 0; i < size; i++) values.push(item.read(reader))
      return values
    },
  )
}

/** A version or mark that must have this value: another one is `unknown_version`. */
export function constant<const T extends number>(inner: Codec<number>, expected: T): Codec<T> {
  return codec(
    (_value, out) => inner.write(expected, out),
    (reader) => {
      const value = inner.read(reader)
      if (value !== expected) throw new CodecError('unknown_version', `${value}, not ${expected}`)
      return expected
    },
  )
}

/** Fields one after the other, in the order in which they are declared. */
export function struct<Shape extends Record<string, Codec<unknown>>>(
  shape: Shape,
): Codec<{ readonly [Key in keyof Shape]: Decoded<Shape[Key]> }> {
  type Value = { readonly [Key in keyof Shape]: Decoded<Shape[Key]> }
  const fields = Object.entries(shape) as unknown as [keyof Shape, Codec<unknown>][]
  return codec(
    (value: Value, out) => {
      for (const [key, field] of fields) field.write(value[key], out)
    },
    (reader) => {
      const value: Partial<Record<keyof Shape, unknown>> = {}
      for (const [key, field] of fields) value[key] = field.read(reader)
      return value as Value
    },
  )
}
