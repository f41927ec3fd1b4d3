/** Where the rows of a log stand, top to bottom: as measured, else as tall as rows are on average. Pixels. */

export type Keyed = { readonly key: string }
/** Rows from `start` until before `end`. */
export type RowRange = { readonly start: number; readonly end: number }

/** A bubble with one line, until anything was measured. */
const FIRST_GUESS = 56
/** Heights that are remembered at most before those of rows that are not here go: several windows of a long history. */
const MOST_HEIGHTS = 4000

export class RowLayout {
  readonly #heights = new Map<string, number>()
  #measured = 0
  #rows: readonly Keyed[] = []
  #places: ReadonlyMap<string, number> = new Map()
  /** The measured heights of these rows: the whole of it is gone through whenever one changes. */
  #own: (number | undefined)[] = []
  /** The top of each row, and the bottom of the last one; made when it is asked for. */
  #tops: readonly number[] | undefined

  get rows(): readonly Keyed[] {
    return this.#rows
  }

  /** Of all rows. */
  get height(): number {
    return this.topOf(this.#rows.length)
  }

  setRows(rows: readonly Keyed[]): void {
    this.#rows = rows
    this.#places = new Map(rows.map(({ key }, index) => [key, index]))
    this.#own = rows.map(({ key }) => this.#heights.get(key))
    this.#tops = undefined
    if (this.#heights.size > MOST_HEIGHTS) this.#forget()
  }

  /** −1: there is no such row. */
  indexOf(key: string): number {
    return this.#places.get(key) ?? -1
  }

  /** False: it is as tall as it was. */
  measure(index: number, height: number): boolean {
    const key = this.#rows[index]?.key
    const before = key === undefined ? height : this.#own[index]
    if (key === undefined || before === height) return false
    this.#measured += height - (before ?? 0)
    this.#heights.set(key, height)
    this.#own[index] = height
    this.#tops = undefined
    return true
  }

  heightOf(index: number): number {
    return this.topOf(index + 1) - this.topOf(index)
  }

  /** From the top of the first row to that of this one; after the last one, to its bottom. */
  topOf(index: number): number {
    this.#tops ??= this.#makeTops()
    return this.#tops[Math.max(0, Math.min(index, this.#rows.length))] ?? 0
  }

  /** The rows that touch what is between two distances from the top of the first one; beyond an end, the one there. */
  rangeBetween(top: number, bottom: number): RowRange {
    return { start: this.#rowAt(top), end: Math.min(this.#rows.length, this.#rowAt(bottom) + 1) }
  }

  #rowAt(distance: number): number {
    let [low, high] = [0, Math.max(0, this.#rows.length - 1)]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.topOf(middle + 1) > distance) high = middle
      else low = middle + 1
    }
    return low
  }

  #makeTops(): readonly number[] {
    const guess = this.#heights.size === 0 ? FIRST_GUESS : this.#measured / this.#heights.size
    const tops = [0]
    let top = 0
    for (const height of this.#own) {
      top += height ?? guess
      tops.push(top)
    }
    return tops
  }

  #forget(): void {
    for (const [key, height] of this.#heights) {
      if (this.#places.has(key)) continue
      this.#heights.delete(key)
      this.#measured -= height
    }
  }
}
