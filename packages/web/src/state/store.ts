import type { Observable } from '@starling/client'

/** A value that changes over time: what view models offer to components. It also is a Svelte store. */
export type Snapshots<T> = Observable<T>

export interface Store<T> extends Snapshots<T> {
  set(value: T): void
  update(change: (value: T) => T): void
}

/** Tells listeners only when the value is another one. */
export function createStore<T>(initial: T): Store<T> {
  let snapshot = initial
  const listeners = new Set<{ listener: (value: T) => void }>()
  const set = (value: T): void => {
    if (Object.is(value, snapshot)) return
    snapshot = value
    for (const entry of [...listeners]) if (listeners.has(entry)) entry.listener(value)
  }
  return {
    get snapshot() {
      return snapshot
    },
    set,
    update: (change) => set(change(snapshot)),
    subscribe(listener) {
      const entry = { listener }
      listeners.add(entry)
      listener(snapshot)
      return () => listeners.delete(entry)
    },
  }
}

/**
 * Derives a value from one store. Listens to `source` only while somebody listens here; `snapshot` is always up to date.
 */
export function derive<T, U>(source: Snapshots<T>, map: (value: T) => U): Snapshots<U> {
  let last: { readonly from: T; readonly value: U } | undefined
  const mapped = (from: T): U => {
    if (last === undefined || !Object.is(last.from, from)) last = { from, value: map(from) }
    return last.value
  }
  return {
    get snapshot() {
      return mapped(source.snapshot)
    },
    subscribe(listener) {
      let told: { readonly value: U } | undefined
      return source.subscribe((from) => {
        const value = mapped(from)
        if (told !== undefined && Object.is(told.value, value)) return
        told = { value }
        listener(value)
      })
    },
  }
}
