/** A binary heap: the least item first. */
export class Heap<T> {
  readonly #compare: (a: T, b: T) => number
  #items: T[] = []

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#items.length
  }

  /** The least item. */
  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    let at = this.#items.length
    this.#items.push(item)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#compare(this.#items[parent]!, item) <= 0) break
      this.#items[at] = this.#items[parent]!
      at = parent
    }
    this.#items[at] = item
  }

  /** Takes the least item out. */
  pop(): T | undefined {
    const least = this.#items[0]
    const last = this.#items.pop()
    if (last !== undefined && this.#items.length > 0) this.#sink(last)
    return least
  }

  /** Removes all others. */
  keep(predicate: (item: T) => boolean): void {
    this.#items = this.#items.filter(predicate).sort(this.#compare) // a sorted list is a heap
  }

  /** Places `item`, for which the top is free. */
  #sink(item: T): void {
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= this.#items.length) break
      if (child + 1 < this.#items.length && this.#compare(this.#items[child + 1]!, this.#items[child]!) < 0) child++
      if (this.#compare(item, this.#items[child]!) <= 0) break
      this.#items[at] = this.#items[child]!
      at = child
    }
    this.#items[at] = item
  }
}
