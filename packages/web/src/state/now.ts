import { type UnixMillis, unixMillis } from '@starling/client'
import { createStore, type Snapshots } from './store.ts'

/** The time as the interface shows it ("5 minutes ago"): moves on every `periodMs`, but only while somebody looks. */
export function createNow(clock: () => number, periodMs: number): Snapshots<UnixMillis> {
  const store = createStore(unixMillis(clock()))
  let listeners = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  const tick = (): void => {
    store.set(unixMillis(clock()))
    timer = setTimeout(tick, periodMs)
  }
  return {
    get snapshot() {
      return unixMillis(clock())
    },
    subscribe(listener) {
      if (listeners++ === 0) tick()
      const stop = store.subscribe(listener)
      return () => {
        stop()
        if (--listeners === 0) clearTimeout(timer)
      }
    },
  }
}
