/** How many requests may be repeated on a second path: at most a fifth of them, and ten in a row. docs/protocol/paths.md §3. */

const SHARE = 0.2
const MOST = 10

/** When the whole network is slow, repeating everything would make it slower. */
export class HedgeBudget {
  #left = MOST

  /** A request was made that could be repeated. */
  earn(): void {
    this.#left = Math.min(MOST, this.#left + SHARE)
  }

  /** Whether one more may be repeated; it is counted. */
  take(): boolean {
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
