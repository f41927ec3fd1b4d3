/** Changes of bytes that know nothing of their format, but for lengths, numbers, and words that the target names. */
import { concatBytes } from '@starling/protocol'
import type { Dice } from './dice.ts'

export type Surroundings = {
  readonly dice: Dice
  /** Other inputs, to take pieces from. Never empty. */
  readonly others: readonly Uint8Array[]
  /** Words of the format. */
  readonly words: readonly Uint8Array[]
  readonly maxSize: number
}

/** A changed copy, at most `maxSize` bytes long. */
export type Mutator = (input: Uint8Array, surroundings: Surroundings) => Uint8Array

const BYTES = [
  0, 1, 2, 3, 4, 5, 0x1f, 0x20, 0x2d, 0x30, 0x39, 0x3a, 0x64, 0x65, 0x69, 0x6c, 0x7f, 0x80, 0xc0, 0xfe, 0xff,
]
const NUMBERS = [
  0, 1, 2, 3, 4, 5, 8, 9, 15, 16, 17, 20, 21, 31, 32, 33, 63, 64, 65, 127, 128, 255, 256, 257, 1023, 1024, 4095, 4096,
  32_767, 32_768, 65_535, 65_536, 76_800, 76_801, 10_485_760, 10_485_761, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
]

export const mutateBytes: Mutator = (input, surroundings) => {
  const { dice, maxSize } = surroundings
  const change = dice.pick(CHANGES)
  const changed = change(input, surroundings)
  return changed.length > maxSize ? changed.slice(0, maxSize) : changed
}

const CHANGES: readonly Mutator[] = [
  flipBit,
  flipBit,
  setByte,
  setByte,
  setNumber,
  changeDigit,
  remove,
  remove,
  insert,
  insertWord,
  insertWord,
  duplicate,
  repeat,
  splice,
  cut,
]

function flipBit(input: Uint8Array, { dice }: Surroundings): Uint8Array {
  const changed = input.slice()
  if (changed.length > 0) changed[dice.below(changed.length)]! ^= 1 << dice.below(8)
  return changed
}

function setByte(input: Uint8Array, { dice }: Surroundings): Uint8Array {
  const changed = input.slice()
  if (changed.length > 0) changed[dice.below(changed.length)] = dice.oneIn(2) ? dice.pick(BYTES) : dice.below(256)
  return changed
}

/** As lengths stand in binary formats: 1, 2, 4 or 8 bytes in either order; or what is there, and a little more or less. */
function setNumber(input: Uint8Array, { dice }: Surroundings): Uint8Array {
  const changed = input.slice()
  const size = dice.pick([1, 2, 4, 8])
  if (changed.length < size) return changed
  const at = dice.below(changed.length - size + 1)
  const little = dice.oneIn(2)
  const place = (index: number) => at + (little ? index : size - 1 - index)
  let value = 0n
  for (let index = 0; index < size; index++) value |= BigInt(changed[place(index)]!) << BigInt(8 * index)
  const delta = BigInt(dice.below(33) - 16)
  const left = changed.length - at - size
  value = dice.pick([
    BigInt(dice.pick(NUMBERS)),
    value + delta,
    BigInt(left) + delta,
    (1n << BigInt(8 * size - 1)) + delta,
  ])
  for (let index = 0; index < size; index++)
    changed[place(index)] = Number(BigInt.asUintN(64, value) >> BigInt(8 * index)) & 255
  return changed
}

/** A number in decimal digits, as in JSON and bt-encoding, becomes another one. */
function changeDigit(input: Uint8Array, surroundings: Surroundings): Uint8Array {
  const { dice } = surroundings
  const start = dice.below(input.length)
  const isDigit = (at: number) => input[at]! >= 0x30 && input[at]! <= 0x39
  for (let tried = 0; tried < input.length; tried++) {
    const from = (start + tried) % input.length
    if (!isDigit(from)) continue
    let end = from
    while (end < input.length && isDigit(end)) end++
    const before = Number(ascii(input.subarray(from, Math.min(end, from + 15))))
    const value = dice.oneIn(2) ? dice.pick(NUMBERS) : before + dice.below(5) - 2
    return concatBytes(input.subarray(0, from), bytesOf(String(value)), input.subarray(end))
  }
  return insertWord(input, surroundings)
}

function remove(input: Uint8Array, { dice }: Surroundings): Uint8Array {
  const at = dice.below(input.length)
  const end = at + 1 + dice.small(input.length - at)
  return concatBytes(input.subarray(0, at), input.subarray(end))
}

function insert(input: Uint8Array, { dice }: Surroundings): Uint8Array {
  const at = dice.below(input.length + 1)
  const value = dice.oneIn(2) ? dice.pick(BYTES) : undefined
  const added = Uint8Array.from({ length: 1 + dice.small(64) }, () => value ?? dice.below(256))
  return concatBytes(input.subarray(0, at), added, input.subarray(at))
}

function insertWord(input: Uint8Array, surroundings: Surroundings): Uint8Array {
  const { dice, words } = surroundings
  if (words.length === 0) return insert(input, surroundings)
  const at = dice.below(input.length + 1)
  const word = dice.pick(words)
  const end = dice.oneIn(2) ? at : Math.min(at + word.length, input.length)
  return concatBytes(input.subarray(0, at), word, input.subarray(end))
}

function duplicate(input: Uint8Array, { dice }: Surroundings): Uint8Array {
  const at = dice.below(input.length)
  const piece = input.subarray(at, at + 1 + dice.small(input.length - at))
  const to = dice.below(input.length + 1)
  return concatBytes(input.subarray(0, to), piece, input.subarray(to))
}

/** A piece many times, so that what takes more than linear time shows. */
function repeat(input: Uint8Array, { dice, maxSize }: Surroundings): Uint8Array {
  const at = dice.below(input.length)
  const piece = input.subarray(at, at + 1 + dice.small(Math.min(64, input.length - at)))
  const room = Math.max(maxSize - input.length, 0)
  const times = piece.length === 0 ? 0 : dice.small(Math.floor(room / piece.length) + 1)
  const many = new Uint8Array(times * piece.length)
  for (let index = 0; index < times; index++) many.set(piece, index * piece.length)
  return concatBytes(input.subarray(0, at), many, input.subarray(at))
}

function splice(input: Uint8Array, { dice, others }: Surroundings): Uint8Array {
  const other = dice.pick(others)
  const from = dice.below(other.length)
  const piece = other.subarray(from, from + 1 + dice.small(other.length - from))
  const at = dice.below(input.length + 1)
  const end = dice.oneIn(2) ? at : Math.min(at + piece.length, input.length)
  return concatBytes(input.subarray(0, at), piece, input.subarray(end))
}

function cut(input: Uint8Array, { dice }: Surroundings): Uint8Array {
  return input.slice(0, dice.below(input.length + 1))
}

export function ascii(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** One byte for each character up to U+00FF. */
export function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}
