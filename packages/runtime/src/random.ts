import { MessengerError, type RandomBytes } from '@starling/protocol'

/** What `getRandomValues` gives at most at once. */
const LARGEST_DRAW = 65_536

/** The machine's cryptographic randomness, in browsers and in Node.js. */
export function systemRandom(): RandomBytes {
  return (length) => {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length; at += LARGEST_DRAW)
      globalThis.crypto.getRandomValues(bytes.subarray(at, at + LARGEST_DRAW))
    return bytes
  }
}

/** A draw from no numbers at all, or from more than a double holds. */
export class RandomLimitError extends MessengerError {
  override readonly name = 'RandomLimitError'
  readonly fault = 'caller'
  readonly code = 'limit_out_of_range'
  constructor(limit: number) {
    super(`limit ${limit}`)
  }
}

/**
 * A whole number of 0…`limit - 1`, each as likely as the others: draws that would favour the lower ones are thrown away.
 *
 * @throws {RandomLimitError} `limit_out_of_range`, unless `limit` is a whole number of 1…2^53 - 1.
 */
export function randomInteger(random: RandomBytes, limit: number): number {
  if (!Number.isSafeInteger(limit) || limit < 1) throw new RandomLimitError(limit)
  const [draw, range] = limit <= 2 ** 32 ? [draw32, 2 ** 32] : [draw53, 2 ** 53]
  const end = range - (range % limit)
  for (;;) {
    const value = draw(random)
    if (value < end) return value % limit
  }
}

/** A new list in an order of which all are equally likely. */
export function shuffle<T>(random: RandomBytes, list: readonly T[]): T[] {
  const shuffled = [...list]
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = randomInteger(random, i + 1)
    const other = shuffled[j]!
    shuffled[j] = shuffled[i]!
    shuffled[i] = other
  }
  return shuffled
}

/** One of the list; `undefined` of an empty one. */
export function pick<T>(random: RandomBytes, list: readonly T[]): T | undefined {
  return list.length === 0 ? undefined : list[randomInteger(random, list.length)]
}

function draw32(random: RandomBytes): number {
  const bytes = random(4)
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
}

function draw53(random: RandomBytes): number {
  const bytes = random(8)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return (view.getUint32(0) >>> 11) * 2 ** 32 + view.getUint32(4)
}
