import { MessengerError, type Millis } from '@starling/protocol'
import type { Clock } from './clock.ts'

/** What was asked for did not happen in time. It may still happen. */
export class TimeoutError extends MessengerError {
  override readonly name = 'TimeoutError'
  readonly fault = 'environment'
  readonly code = 'timeout'
  constructor(delay: Millis) {
    super(`nothing within ${delay} ms`)
  }
}

/**
 * The result of `fn`, if it comes within `delay`. Otherwise `fn`'s signal aborts, and so it does when `signal` aborts; the
 * returned promise then rejects at once, also if `fn` takes no notice. Nothing sleeps on or listens after that.
 * `fn`'s signal does not abort once `fn` has settled.
 *
 * @throws {TimeoutError} `timeout`
 */
export async function withTimeout<T>(
  clock: Clock,
  delay: Millis,
  signal: AbortSignal,
  fn: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const work = new AbortController()
  const timer = new AbortController()
  const abort = () => {
    work.abort(signal.reason)
    timer.abort(signal.reason)
  }
  signal.addEventListener('abort', abort, { once: true })
  const expire = async () => {
    await clock.sleep(delay, { signal: timer.signal })
    const error = new TimeoutError(delay)
    work.abort(error)
    throw error
  }
  const run = async () => fn(work.signal)
  try {
    return await Promise.race([run(), expire()])
  } finally {
    signal.removeEventListener('abort', abort)
    timer.abort(SETTLED)
  }
}

/** A constant, because the default reason is an exception with a stack for every call. Nobody sees it. */
const SETTLED = 'settled'
