/** What `awaited` gives; rejects with `signal.reason` as soon as `signal` aborts. Nothing stays behind at the signal. */
export async function orAborted<T>(awaited: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    return await Promise.race([aborted.promise, awaited])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** The same for what comes piece by piece: who waits for the next one, for however long, is called off. */
export async function* eachOrAborted<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const pieces = source[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { value, done } = await orAborted(pieces.next(), signal)
      if (done) return
      yield value
    }
  } finally {
    // A source that hangs hangs here as well.
    await orAborted(Promise.resolve(pieces.return?.()), signal)
  }
}
