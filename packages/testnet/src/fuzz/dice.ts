/** Chance that a seed decides: fast, and good for nothing but tests (xoshiro128**, seeded by splitmix). */
export class Dice {
  readonly #state: Uint32Array

  constructor(seed: number) {
    let value = seed >>> 0
    this.#state = Uint32Array.from({ length: 4 }, () => {
      value = (value + 0x9e3779b9) >>> 0
      let mixed = Math.imul(value ^ (value >>> 16), 0x21f0aaad)
      mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
      return (mixed ^ (mixed >>> 15)) >>> 0
    })
  }

  /** 0 … 2^32 − 1. */
  next(): number {
    const state = this.#state
    const scrambled = Math.imul(rotate(Math.imul(state[1]!, 5), 7), 9) >>> 0
    const shifted = state[1]! << 9
    state[2]! ^= state[0]!
    state[3]! ^= state[1]!
    state[1]! ^= state[2]!
    state[0]! ^= state[3]!
    state[2]! ^= shifted
    state[3] = rotate(state[3]!, 11)
    return scrambled
  }

  /** 0 … limit − 1; 0 if the limit is 0. */
  below(limit: number): number {
    return limit <= 1 ? 0 : Math.floor((this.next() / 2 ** 32) * limit)
  }

  /** True once in `count` times. */
  oneIn(count: number): boolean {
    return this.below(count) === 0
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }

  /** Small numbers more often than large ones, below `limit`. */
  small(limit: number): number {
    return this.below(Math.min(limit, 2 ** this.below(17)))
  }
}

function rotate(value: number, bits: number): number {
  return ((value << bits) | (value >>> (32 - bits))) >>> 0
}
