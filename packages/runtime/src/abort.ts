/**
 * A promise for something that ends by itself or is called off. `start` begins it, takes what to call when it is done
 * (later, never at once), and returns what calls it off. Rejects with `signal.reason` as soon as `signal` aborts; then, or
 * when done, nothing stays behind at the signal.
 */
export function untilDone(signal: AbortSignal, start: (done: () => void) => () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    const cancel = start(() => {
      signal.removeEventListener('abort', abort)
      resolve()
    })
    function abort(): void {
      cancel()
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
  })
}
