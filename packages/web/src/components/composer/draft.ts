/** Keeps what is typed: saved a moment after the last key, at once on `flush`, never the same text twice. */
export type Draft = {
  /** The text as it is now; saved soon. */
  change(text: string): void
  /** Saves now what is not saved yet: on blur, on switching the chat, before the page goes. */
  flush(): void
  /** The text was sent: nothing is left to save but its absence. */
  clear(): void
}

/** Calls `run` after `delayMs`, unless the returned function is called before. */
export type Schedule = (run: () => void, delayMs: number) => () => void

/** Short enough to survive a crash in mid-sentence, long enough not to write at every key. */
const PAUSE_MS = 400

export function createDraft(options: { saved: string; save: (text: string) => void; schedule: Schedule }): Draft {
  let saved = options.saved
  let text = saved
  let cancel: (() => void) | undefined

  const flush = () => {
    cancel?.()
    cancel = undefined
    if (text === saved) return
    saved = text
    options.save(text)
  }
  const change = (next: string) => {
    text = next
    cancel?.()
    cancel = options.schedule(flush, PAUSE_MS)
  }
  const clear = () => {
    text = ''
    flush()
  }
  return { change, flush, clear }
}

/** The browser's own timer. */
export const byTimer: Schedule = (run, delayMs) => {
  const timer = setTimeout(run, delayMs)
  return () => clearTimeout(timer)
}
