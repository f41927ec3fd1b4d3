/** So many of something at a time; the others wait in line. */

export type Limit = <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>

/** What is aborted before its turn is never begun. */
export function createLimit(most: number): Limit {
  let running = 0
  const line: (() => void)[] = []
  return async (work, signal) => {
    if (running >= most) await new Promise<void>((resolve) => line.push(resolve))
    else running++
    try {
      signal.throwIfAborted()
      return await work()
    } finally {
      // Whoever is next takes the place.
      const next = line.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
