import { type Millis, millis, type RandomBytes } from '@starling/protocol'
import { randomInteger } from './random.ts'

/**
 * How long to wait before the next attempt: a whole number from 0 up to `base · 2^attempt` or `limit`, whichever is less.
 * Full jitter, so that those who failed together do not come back together. `attempt` is 0 after the first failure.
 */
export function backoff(options: { attempt: number; base: Millis; limit: Millis; random: RandomBytes }): Millis {
  const { attempt, base, limit, random } = options
  // From 2^40 on every limit is reached; the bound keeps the product finite.
  const longest = Math.min(limit, base * 2 ** Math.min(attempt, 40))
  return millis(randomInteger(random, Math.floor(longest) + 1))
}
