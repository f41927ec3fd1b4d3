/**
 * How long a message lives after changes of its expiry. All members come to the same from the same message and the same
 * records, whatever the order in which they heard of them. Imports types alone: the writer's thread starts quickly.
 * @see docs/protocol/replication.md §2
 */
import type { UnixMillis } from '@starling/protocol'
import type { ExpireMode } from './node-store.ts'

/** What one record does to the expiry of one message. */
export type ExpiryStep = {
  readonly at: number
  /** Of the record: the order of steps of the same time. */
  readonly id: string
  readonly mode: ExpireMode
  readonly expiry: number
}

/** What stores said: the latest expiry that any of them gave, and when the last one was. */
export type Given = { readonly expiry: number; readonly storedAt: number }

/**
 * The expiry that holds. What came after the last store counts, in the order of its time; of what came before, only what
 * lengthened: who stores a message again is not told less than the owner of it had asked for.
 */
export function expiryAfter({ expiry, storedAt }: Given, steps: readonly ExpiryStep[]): UnixMillis {
  let result = expiry
  for (const step of steps.toSorted((a, b) => (isBefore(a, b) ? -1 : 1))) {
    if (step.at >= storedAt) result = change(result, step)
    else if (step.mode !== 'shorten') result = Math.max(result, step.expiry)
  }
  return result as UnixMillis
}

function change(expiry: number, step: ExpiryStep): number {
  if (step.mode === 'set') return step.expiry
  return step.mode === 'shorten' ? Math.min(expiry, step.expiry) : Math.max(expiry, step.expiry)
}

export function isBefore(a: Pick<ExpiryStep, 'at' | 'id'>, b: Pick<ExpiryStep, 'at' | 'id'>): boolean {
  return a.at < b.at || (a.at === b.at && a.id < b.id)
}

/** Whether `earlier` makes no difference beside `later`, whatever comes before, between and after them. */
export function supersedes(later: ExpiryStep, earlier: ExpiryStep): boolean {
  if (!isBefore(earlier, later)) return false
  if (later.mode === 'set') return true
  if (later.mode !== earlier.mode) return false
  return later.mode === 'extend' ? later.expiry >= earlier.expiry : later.expiry <= earlier.expiry
}

/** Whether what is asked of the namespaces `outer` is asked of `inner`, too. */
export function isWithin(inner: number | 'all', outer: number | 'all'): boolean {
  return outer === 'all' || outer === inner
}
