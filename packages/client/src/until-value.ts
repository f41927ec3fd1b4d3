import type { Observable } from '@starling/runtime'

/**
 * The first value, the current one among them, of which `choose` makes something other than `undefined`. Waits for ever
 * unless `signal` aborts; then it rejects with `signal.reason`, at once.
 */
export function untilValue<T, Chosen>(
  observable: Observable<T>,
  choose: (value: T) => Chosen | undefined,
  signal?: AbortSignal,
): Promise<Chosen> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    let unsubscribe: (() => void) | undefined
    let isSettled = false
    const settle = (act: () => void) => {
      isSettled = true
      unsubscribe?.()
      signal?.removeEventListener('abort', abort)
      act()
    }
    const abort = () => settle(() => reject(signal?.reason))
    signal?.addEventListener('abort', abort, { once: true })
    unsubscribe = observable.subscribe((value) => {
      if (isSettled) return
      const chosen = choose(value)
      if (chosen !== undefined) settle(() => resolve(chosen))
    })
    // The first value comes within `subscribe`, before there is anything to call off.
    if (isSettled) unsubscribe()
  })
}
