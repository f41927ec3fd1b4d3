/** Whether the clock allows what a request says about time. @see docs/protocol/storage-rpc.md §6 */
import type { Millis, UnixMillis } from '../brand.ts'
import type { TextAnswer } from '../onion/answers.ts'
import { LIMITS } from './limits.ts'

/** The refusal of a signature that was made too long ago, or in the future. */
export function checkSignatureTime(
  what: string,
  time: UnixMillis,
  now: UnixMillis,
  tolerance: Millis = LIMITS.signatureTolerance,
): TextAnswer | undefined {
  if (Math.abs(now - time) <= tolerance) return undefined
  return { status: 406, body: `${what} timestamp too far from current time` }
}
