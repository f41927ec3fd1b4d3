import type { Observable } from '@starling/runtime'

/** Resolves when the value fulfils `condition`; at once, if it does. Rejects with `signal.reason` when `signal` aborts. */
export function until<T>(
  observable: Observable<T>,
  condition: (value: T) => boolean,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    if (condition(observable.snapshot)) {
      resolve()
      return
    }
    const stop = observable.subscribe((value) => {
      if (!condition(value)) return
      end()
      resolve()
    })
    const abort = () => {
      end()
      reject(signal.reason)
    }
    const end = () => {
      stop()
      signal.removeEventListener('abort', abort)
    }
    signal.addEventListener('abort', abort)
  })
}
