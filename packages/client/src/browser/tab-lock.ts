import type { Millis } from '@starling/protocol'
import { type Clock, TimeoutError, withTimeout } from '@starling/runtime'
import { StoreError } from '../store/store-error.ts'

/**
 * Takes the lock `name` among all tabs and workers of this origin; the result gives it back, as does the end of the tab.
 * Waits up to `patience`, because a page that is being reloaded may still hold it. Without the Web Locks API there is
 * nothing to take.
 *
 * @throws {StoreError} `in_use`
 */
export async function takeTabLock(
  name: string,
  options: { readonly clock: Clock; readonly patience: Millis },
): Promise<() => void> {
  const locks: LockManager | undefined = navigator.locks
  if (locks === undefined) return () => {}
  const held = Promise.withResolvers<void>()
  try {
    await withTimeout(options.clock, options.patience, new AbortController().signal, (signal) => {
      const granted = Promise.withResolvers<void>()
      const grant = () => {
        granted.resolve()
        return held.promise
      }
      locks.request(name, { signal }, grant).catch(granted.reject)
      return granted.promise
    })
  } catch (error) {
    held.resolve() // in case it was granted as the time ran out
    throw new StoreError(error instanceof TimeoutError ? 'in_use' : 'io', { cause: error })
  }
  return () => held.resolve()
}
