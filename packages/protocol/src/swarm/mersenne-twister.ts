/**
 * The 64-bit Mersenne Twister with the parameters of `mt19937_64` (ISO C++ [rand.predef]). It spreads nodes over swarms
 * in a way that everybody can repeat; it keeps nothing secret.
 */
const SIZE = 312
const MIDDLE = 156
const UPPER = 0xffff_ffff_8000_0000n
const LOWER = 0x7fff_ffffn
const TWIST = 0xb502_6f5a_a966_19e9n
const MAX = (1n << 64n) - 1n

export class MersenneTwister {
  readonly #state = new BigUint64Array(SIZE)
  #at = SIZE

  /** @param seed 0 … 2^64 − 1 */
  constructor(seed: bigint) {
    this.#state[0] = seed
    for (let i = 1; i < SIZE; i++) {
      const last = this.#state[i - 1]!
      this.#state[i] = 6364136223846793005n * (last ^ (last >> 62n)) + BigInt(i) // the array keeps 64 bits of it
    }
  }

  /** The next of the 2^64 numbers. */
  next(): bigint {
    if (this.#at === SIZE) this.#refill()
    let x = this.#state[this.#at++]!
    x ^= (x >> 29n) & 0x5555_5555_5555_5555n
    x ^= (x << 17n) & 0x71d6_7fff_eda6_0000n
    x ^= (x << 37n) & 0xfff7_eee0_0000_0000n
    return x ^ (x >> 43n)
  }

  /** An index below `count`, all equally likely. `count` is at least 1. */
  uniform(count: number): number {
    const size = BigInt(count)
    const limit = MAX - (MAX % size)
    let x = this.next()
    while (x >= limit) x = this.next()
    return Number(x / (limit / size))
  }

  #refill(): void {
    const state = this.#state
    for (let i = 0; i < SIZE; i++) {
      const x = (state[i]! & UPPER) | (state[(i + 1) % SIZE]! & LOWER)
      state[i] = state[(i + MIDDLE) % SIZE]! ^ (x >> 1n) ^ ((x & 1n) === 0n ? 0n : TWIST)
    }
    this.#at = 0
  }
}
