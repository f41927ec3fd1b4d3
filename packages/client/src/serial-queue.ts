/** Runs functions one after the other, in the order in which they came. A failure reaches its caller only. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(fn: () => Promise<T>): Promise<T> {
    const result = this.#last.then(fn)
    this.#last = result.catch(() => undefined)
    return result
  }
}
