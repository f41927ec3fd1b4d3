/** How much a retrieve answers. @see docs/protocol/storage-rpc.md §8 */
import { LIMITS } from './limits.ts'

/** A retrieve that says nothing gets a fifth, since clients ask for several namespaces at once. */
const DEFAULT_SHARE = 5
const HASH_LENGTH = 43

/** Bytes that an answer may cost, at most 7 800 000. 0 counts as not given. */
export function retrieveBudget({
  maxSize = 0,
  maxCount = 0,
}: {
  maxSize?: number | undefined
  maxCount?: number | undefined
}): number {
  if (maxSize < 0) return Math.floor(LIMITS.retrieveBytes / -maxSize)
  if (maxSize > 0) return Math.min(maxSize, LIMITS.retrieveBytes)
  return maxCount > 0 ? LIMITS.retrieveBytes : LIMITS.retrieveBytes / DEFAULT_SHARE
}

/** What a message with `dataSize` bytes of data costs of the budget. */
export function messageCost(dataSize: number): number {
  return 100 + HASH_LENGTH + Math.floor((4 * dataSize) / 3)
}

/** The first messages that fit, and at least one; `more` if some were left out. */
export function selectWithinBudget<Message extends { readonly data: Uint8Array }>(
  messages: readonly Message[],
  limits: { maxSize?: number | undefined; maxCount?: number | undefined },
): { readonly messages: readonly Message[]; readonly more: boolean } {
  const budget = retrieveBudget(limits)
  const most = limits.maxCount !== undefined && limits.maxCount > 0 ? limits.maxCount : messages.length
  let cost = 0
  let count = 0
  for (const { data } of messages) {
    cost += messageCost(data.length)
    if (count === most || (count > 0 && cost > budget)) break
    count++
  }
  return { messages: messages.slice(0, count), more: count < messages.length }
}
