/**
 * Who waits for new messages of whom. A waiter registers before it looks, so that a message that arrives in between wakes
 * it: no wake-up is lost. Bounded: beyond the bounds nobody waits, and the client falls back to polling.
 */
import type { Millis, Namespace, Owner } from '@starling/protocol'
import type { Clock } from '@starling/runtime'

export type HeldRetrievalLimits = { readonly total: number; readonly perOwner: number }

type Waiter = { readonly namespaces: ReadonlySet<Namespace>; readonly wake: () => void }

export class HeldRetrievals {
  readonly #waiters = new Map<Owner, Set<Waiter>>()
  readonly #clock: Clock
  readonly #limits: HeldRetrievalLimits
  #count = 0

  constructor(clock: Clock, limits: HeldRetrievalLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  get count(): number {
    return this.#count
  }

  /** Something was stored for this owner. */
  notify(owner: Owner, namespace: Namespace): void {
    for (const waiter of this.#waiters.get(owner) ?? []) if (waiter.namespaces.has(namespace)) waiter.wake()
  }

  /** Registers at once; undefined where the bounds are reached. */
  register(owner: Owner, namespaces: readonly Namespace[]): HeldRetrieval | undefined {
    const others = this.#waiters.get(owner)
    if (this.#count >= this.#limits.total || (others?.size ?? 0) >= this.#limits.perOwner) return undefined
    const woken = new AbortController()
    const waiter: Waiter = { namespaces: new Set(namespaces), wake: () => woken.abort() }
    if (others) others.add(waiter)
    else this.#waiters.set(owner, new Set([waiter]))
    this.#count++
    return {
      wait: async (delay, signal) => {
        const either = AbortSignal.any([signal, woken.signal])
        if (!either.aborted) await this.#clock.sleep(delay, { signal: either }).catch(() => {})
        signal.throwIfAborted()
      },
      [Symbol.dispose]: () => this.#remove(owner, waiter),
    }
  }

  #remove(owner: Owner, waiter: Waiter): void {
    const waiters = this.#waiters.get(owner)
    if (!waiters?.delete(waiter)) return
    this.#count--
    if (waiters.size === 0) this.#waiters.delete(owner)
  }
}

export interface HeldRetrieval extends Disposable {
  /** Resolves when something came or the time is over; rejects with `signal.reason` when the asker is gone. */
  wait(delay: Millis, signal: AbortSignal): Promise<void>
}
