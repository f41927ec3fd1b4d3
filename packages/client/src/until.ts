import type { Observable } from '@starling/runtime'
import { untilValue } from './until-value.ts'

/** Resolves when the value fulfils `condition`; at once, if it does. Rejects with `signal.reason` when `signal` aborts. */
export async function until<T>(
  observable: Observable<T>,
  condition: (value: T) => boolean,
  signal: AbortSignal,
): Promise<void> {
  await untilValue(observable, (value) => (condition(value) ? true : undefined), signal)
}
