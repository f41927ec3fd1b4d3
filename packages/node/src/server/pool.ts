/**
 * A total that many share: connections, requests under way, bytes. Whoever holds little finds room as long as there is any;
 * whoever holds much is refused first. One holder may have a quarter of what is free, so one alone gets a fifth of the
 * total, and ten that take all they can leave more than a quarter of it to the others.
 */

const PORTION = 1 / 4

export class Pool {
  readonly #capacity: number
  readonly #isShared: boolean
  #held = 0

  /** @param options.isShared false: whoever comes gets what is free. */
  constructor(capacity: number, options: { readonly isShared: boolean }) {
    this.#capacity = capacity
    this.#isShared = options.isShared
  }

  /** What all hold. */
  get held(): number {
    return this.#held
  }

  get capacity(): number {
    return this.#capacity
  }

  /** How much more somebody may take who holds `held` by now; under 0 for one who has too much since others came. */
  roomFor(held: number): number {
    const free = this.#capacity - this.#held
    return this.#isShared ? free * PORTION - held : free
  }

  /** Counts what somebody takes: asked for with `roomFor` before, if it can be refused. */
  take(amount: number): void {
    this.#held += amount
  }

  give(amount: number): void {
    this.#held -= amount
  }
}
