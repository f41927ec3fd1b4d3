/** Locks after a while without anybody. Invariant: at most one wake-up is planned. */

export type AutoLockPorts = {
  /** Milliseconds that go on while the device sleeps. */
  readonly now: () => number
  /** Calls `fn` after `delayMs`, or later where the device slept; the result calls it off. */
  readonly wake: (fn: () => void, delayMs: number) => () => void
  readonly lock: () => void
}

export interface AutoLock extends Disposable {
  /** Somebody is there. */
  touched(): void
  /** The device may have slept: too long a time counts at once. */
  look(): void
  /** `undefined`: never. */
  setDelay(delayMs: number | undefined): void
}

export function createAutoLock({ now, wake, lock }: AutoLockPorts): AutoLock {
  let last = now()
  let delay: number | undefined
  let cancel: (() => void) | undefined
  const stop = (): void => {
    cancel?.()
    cancel = undefined
  }
  const look = (): void => {
    stop()
    if (delay === undefined) return
    const left = last + delay - now()
    // A clock that was set back begins anew.
    if (left > delay) last = now()
    if (left <= 0) lock()
    else cancel = wake(look, Math.min(left, delay))
  }
  return {
    touched() {
      // Whoever comes back after too long a time finds it locked, even if the device slept and nothing woke in time.
      if (delay !== undefined && now() - last >= delay) look()
      else last = now()
    },
    look,
    setDelay(next) {
      delay = next
      last = now()
      look()
    },
    [Symbol.dispose]: stop,
  }
}
