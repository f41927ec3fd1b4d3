/**
 * Who asks, as far as limits are concerned: an address, and on it links. Invariant: the table holds every address that has
 * something open or under way, and of the others at most as many as it was told; a newcomer always gets in.
 */
import { isIPv4, isIPv6 } from 'node:net'
import { TokenBucket } from './token-bucket.ts'

/** Kinds of requests, each with a rate of its own. */
export type RequestClass = 'rpc' | 'onion' | 'directory'
/** What has a rate; `control` are frames that ask for nothing. */
export type RateClass = RequestClass | 'control' | 'connection'

/** One address, or one link of an address: what it holds, and how fast it asked. */
export class Caller {
  /** Whose link it is; without it, this is an address. */
  readonly address: Caller | undefined
  readonly rates: Readonly<Record<RateClass, TokenBucket>>
  connections = 0
  links = 0
  requests = 0
  bytes = 0

  constructor(address?: Caller) {
    this.address = address
    this.rates = {
      rpc: new TokenBucket(),
      onion: new TokenBucket(),
      directory: new TokenBucket(),
      control: new TokenBucket(),
      connection: new TokenBucket(),
    }
  }

  get isIdle(): boolean {
    return this.connections === 0 && this.requests === 0 && this.bytes === 0 && this.links === 0
  }

  /** Milliseconds until nothing is held against it any more. */
  untilForgotten(now: number): number {
    const { rpc, onion, directory, connection } = this.rates
    return Math.max(rpc.untilFull(now), onion.untilFull(now), directory.untilFull(now), connection.untilFull(now))
  }
}

/** Addresses looked at when one has to go: enough to find one that nobody needs, few enough to cost nothing. */
const SAMPLE = 8

export class Callers {
  readonly #capacity: number
  readonly #callers = new Map<string, Caller>()
  /** Goes round and round: where the next one to be forgotten is looked for. */
  #hand = this.#callers.entries()

  /** @param capacity addresses that are remembered while they have nothing open and nothing under way. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#callers.size
  }

  /** The caller of an address as a socket or a proxy tells it; all that are unknown are one caller. */
  get(address: string | undefined, now: number): Caller {
    const key = addressKey(address)
    const known = this.#callers.get(key)
    if (known) return known
    if (this.#callers.size >= this.#capacity) this.#forgetOne(now)
    const caller = new Caller()
    this.#callers.set(key, caller)
    return caller
  }

  /** Of the next few, the one whose buckets are nearest to full. */
  #forgetOne(now: number): void {
    let best: { key: string; wait: number } | undefined
    for (let looked = 0; looked < SAMPLE; looked++) {
      const [key, caller] = this.#next()
      if (!caller.isIdle) continue
      const wait = caller.untilForgotten(now)
      if (best === undefined || wait < best.wait) best = { key, wait }
    }
    if (best) this.#callers.delete(best.key)
  }

  #next(): [string, Caller] {
    let next = this.#hand.next()
    if (next.done) {
      this.#hand = this.#callers.entries()
      next = this.#hand.next()
    }
    return next.value! // only a full table is looked through
  }
}

/** An IPv4 address stands for itself; an IPv6 one for its /64, which one household or machine has as a whole. */
export function addressKey(address: string | undefined): string {
  if (address === undefined || isIPv4(address)) return address ?? ''
  const plain = address.split('%', 1)[0]!.toLowerCase()
  if (!isIPv6(plain)) return ''
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1]
  if (mapped) return mapped
  const [head, tail] = plain.split('::') as [string, string | undefined]
  const groups = head === '' ? [] : head.split(':')
  if (tail !== undefined) {
    // Groups of the tail count from the end; a dotted quad is two of them, and never among the first four.
    const after = tail === '' ? [] : tail.split(':')
    const width = after.length + (tail.includes('.') ? 1 : 0)
    while (groups.length + width < 8) groups.push('0')
    groups.push(...after)
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
