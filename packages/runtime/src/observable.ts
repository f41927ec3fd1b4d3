/** A value that changes, with its changes. A Svelte store as well. */
export interface Observable<T> {
  /** The current value. Immutable: a change is another value. */
  readonly snapshot: T
  /**
   * Calls `listener` now, before this returns, with the current value, and then with every other value until the returned
   * function is called. A listener must not throw: what it throws reaches whoever set the value.
   */
  subscribe(listener: (value: T) => void): () => void
}

/** Invariant: the last value that a listener heard is the current one, also if listeners set values themselves. */
export class MutableObservable<T> implements Observable<T> {
  #snapshot: T
  readonly #subscriptions = new Set<{ readonly listener: (value: T) => void }>()

  constructor(initial: T) {
    this.#snapshot = initial
  }

  get snapshot(): T {
    return this.#snapshot
  }

  subscribe(listener: (value: T) => void): () => void {
    const subscription = { listener } // an object of its own, so that one function can subscribe twice
    this.#subscriptions.add(subscription)
    listener(this.#snapshot)
    return () => {
      this.#subscriptions.delete(subscription)
    }
  }

  /** Tells the listeners, in the order in which they came, unless `value` is the current one (`Object.is`). */
  set(value: T): void {
    if (Object.is(value, this.#snapshot)) return
    this.#snapshot = value
    for (const subscription of [...this.#subscriptions]) {
      // A listener that set another value has thereby told everybody.
      if (!Object.is(value, this.#snapshot)) return
      if (this.#subscriptions.has(subscription)) subscription.listener(value)
    }
  }

  update(change: (value: T) => T): void {
    this.set(change(this.#snapshot))
  }
}
