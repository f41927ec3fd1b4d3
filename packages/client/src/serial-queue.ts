import { orAborted } from './or-aborted.ts'

/** Runs functions one after the other, in the order in which they came. A failure reaches its caller only. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()

  /** What `signal` calls off before its turn is not begun, and rejects with its reason at once; what has begun goes on. */
  run<T>(fn: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const before = this.#last
    const result = before.then(() => {
      signal?.throwIfAborted()
      return fn()
    })
    this.#last = result.catch(() => undefined)
    return signal === undefined ? result : orAborted(before, signal).then(() => result)
  }
}
