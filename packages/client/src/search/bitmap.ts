/** A set of documents of one segment. */
export class Bitmap {
  readonly #words: Uint32Array

  constructor(size: number | Uint32Array) {
    this.#words = typeof size === 'number' ? new Uint32Array(Math.ceil(size / 32)) : size
  }

  copy(): Bitmap {
    return new Bitmap(this.#words.slice())
  }

  add(index: number): void {
    this.#words[index >>> 5] = this.#words[index >>> 5]! | (1 << (index & 31))
  }

  has(index: number): boolean {
    return (this.#words[index >>> 5]! & (1 << (index & 31))) !== 0
  }

  /** Keeps what `other`, of the same size, has as well. */
  keep(other: Bitmap): void {
    for (let i = 0; i < this.#words.length; i++) this.#words[i] = this.#words[i]! & other.#words[i]!
  }

  get isEmpty(): boolean {
    return this.#words.every((word) => word === 0)
  }

  /** From the highest below `end`. */
  *downFrom(end: number): Generator<number> {
    for (let i = Math.min(this.#words.length, Math.ceil(end / 32)) - 1; i >= 0; i--) {
      let word = this.#words[i]! >>> 0
      while (word !== 0) {
        const bit = 31 - Math.clz32(word)
        word = (word & ~(1 << bit)) >>> 0
        if (32 * i + bit < end) yield 32 * i + bit
      }
    }
  }
}
