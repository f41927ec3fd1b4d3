import type { RandomBytes } from '@starling/protocol'

/**
 * Randomness that a seed fixes: one stream of bytes, however it is divided into draws. Statistically good (xoshiro128**,
 * Blackman and Vigna), and foreseeable by anybody: for tests and simulations only. A number is the same seed as its digits.
 */
export function seededRandom(seed: number | string): RandomBytes {
  const next = generator(String(seed))
  let word = 0
  let bytesLeft = 0
  return (length) => {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i++) {
      if (bytesLeft === 0) {
        word = next()
        bytesLeft = 4
      }
      bytes[i] = word
      word >>>= 8
      bytesLeft--
    }
    return bytes
  }
}

/** Words of 32 bits. */
function generator(seed: string): () => number {
  const nextState = stateMixer(seed)
  let [a, b, c, d] = [nextState(), nextState(), nextState(), nextState() | 1] // not all zero
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9)
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11)
    return result
  }
}

/** Two FNV-1a hashes of the seed feed a SplitMix32 each. */
function stateMixer(seed: string): () => number {
  let low = 0x811c9dc5
  let high = 0x01000193
  for (let i = 0; i < seed.length; i++) {
    low = Math.imul(low ^ seed.charCodeAt(i), 0x01000193)
    high = Math.imul(high ^ seed.charCodeAt(i), 0x85ebca6b) + i
  }
  return () => {
    low = (low + 0x9e3779b9) | 0
    high = (high + 0x6d2b79f5) | 0
    return mix(low) ^ rotate(mix(high), 16)
  }
}

function mix(value: number): number {
  const first = Math.imul(value ^ (value >>> 16), 0x21f0aaad)
  const second = Math.imul(first ^ (first >>> 15), 0x735a2d97)
  return second ^ (second >>> 15)
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
