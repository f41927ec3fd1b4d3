import type { Writable } from 'node:stream'

/**
 * What makes everything that is written to `stream` in one turn of the event loop leave together: one TLS record and one
 * system call, however many frames. To be called before a write.
 */
export function corkedByTurn(stream: Writable): () => void {
  let isCorked = false
  const uncork = () => {
    isCorked = false
    stream.uncork()
  }
  return () => {
    if (isCorked) return
    isCorked = true
    stream.cork()
    // After everything that has come in this turn was dealt with.
    setImmediate(uncork)
  }
}
