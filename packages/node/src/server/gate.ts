/**
 * What every request from outside passes before anything is done for it: rates and fair shares of one address and one
 * link, totals of all. Invariant: what was begun, opened or held is given back exactly once, by who took it.
 */
import { rpcAnswers } from '@starling/protocol'
import type { Clock } from '@starling/runtime'
import { Caller, Callers, type RateClass, type RequestClass } from './callers.ts'
import { BYTES_PER_TOKEN, type ServerLimits } from './limits.ts'
import { Pool } from './pool.ts'
import { type Rate, rateOf } from './token-bucket.ts'

/** Said to who is refused, and after how many seconds it may ask again. */
export type Refusal = { readonly status: 429 | 503; readonly text: string; readonly retryAfter: number }

type Rates = Readonly<Record<RateClass, Rate>>

const BUSY: Refusal = refusal(rpcAnswers.busy(), 1)

export class Gate {
  /** How often somebody was refused, by what was reached: for the operator. */
  readonly refusals = { rate: 0, connections: 0, links: 0, requests: 0, bytes: 0 }
  readonly #limits: ServerLimits
  readonly #clock: Clock
  readonly #callers: Callers
  readonly #rates: Rates
  readonly #linkRates: Rates
  readonly #connections: Pool
  readonly #links: Pool
  readonly #requests: Pool
  readonly #bytes: Pool

  constructor(options: { readonly limits: ServerLimits; readonly clock: Clock }) {
    const { limits } = options
    this.#limits = limits
    this.#clock = options.clock
    this.#callers = new Callers(limits.addresses)
    this.#rates = ratesOf(limits, 1)
    // Half of its address's: one link cannot take all from the others behind the same address.
    this.#linkRates = ratesOf(limits, 1 / 2)
    const shared = { isShared: limits.perAddress }
    this.#connections = new Pool(limits.connections, shared)
    this.#links = new Pool(limits.links, shared)
    this.#requests = new Pool(limits.requests, shared)
    this.#bytes = new Pool(limits.bytes, shared)
  }

  get openLinks(): number {
    return this.#links.held
  }

  get isCrowded(): boolean {
    return this.#connections.held > this.#connections.capacity * 0.9
  }

  callerOf(address: string | undefined): Caller {
    return this.#callers.get(address, this.#clock.monotonic())
  }

  openConnection(address: Caller): boolean {
    if (this.#wait(address, 'connection') > 0 || this.#connections.roomFor(address.connections) < 1) {
      this.refusals.connections++
      return false
    }
    this.#connections.take(1)
    address.connections++
    return true
  }

  closeConnection(address: Caller): void {
    this.#connections.give(1)
    address.connections--
  }

  hasRoomForLink(address: Caller): boolean {
    if (this.#links.roomFor(address.links) >= 1) return true
    this.refusals.links++
    return false
  }

  /** A link of an address, with rates and a share of its own within those of the address. Asked for with `hasRoomForLink`. */
  openLink(address: Caller): Caller {
    this.#links.take(1)
    address.links++
    return new Caller(address)
  }

  closeLink(link: Caller): void {
    this.#links.give(1)
    if (link.address) link.address.links--
  }

  /** Counts one towards a rate: of the link, if it is one, and of its address. */
  pass(caller: Caller, kind: RateClass): Refusal | undefined {
    // The link first: one that asks too fast takes nothing from the others of its address.
    const wait = this.#wait(caller, kind) || (caller.address ? this.#wait(caller.address, kind) : 0)
    if (wait > 0) this.refusals.rate++
    return wait > 0 ? refusal(rpcAnswers.tooManyRequests(), Math.ceil(wait / 1000)) : undefined
  }

  /** Begins a request, or says why not. Without a kind it counts towards no rate. */
  begin(caller: Caller, kind?: RequestClass): Refusal | undefined {
    const tooFast = kind && this.pass(caller, kind)
    if (tooFast) return tooFast
    const address = caller.address ?? caller
    // What the address has left is for those of its links first that have few under way.
    if (this.#requests.roomFor(address.requests) < (caller === address ? 1 : caller.requests + 1)) {
      this.refusals.requests++
      return BUSY
    }
    this.#requests.take(1)
    address.requests++
    if (caller !== address) caller.requests++
    return undefined
  }

  end(caller: Caller): void {
    this.#requests.give(1)
    if (caller.address) caller.address.requests--
    caller.requests--
  }

  /** What was sent to and fro for a request counts towards its rate, too: so much as one more request. */
  charge(caller: Caller, kind: RequestClass, bytes: number): void {
    if (!this.#limits.perAddress || bytes < BYTES_PER_TOKEN[kind]) return
    const tokens = bytes / BYTES_PER_TOKEN[kind]
    const now = this.#clock.monotonic()
    caller.rates[kind].spend(tokens, this.#ratesOf(caller)[kind], now)
    caller.address?.rates[kind].spend(tokens, this.#rates[kind], now)
  }

  /** Counts bytes that are kept for `caller`, where there is room for them. */
  hold(caller: Caller, bytes: number): Refusal | undefined {
    const refused = this.roomRefusal(caller, bytes)
    if (!refused) this.keep(caller, bytes)
    return refused
  }

  /** What `hold` would say. */
  roomRefusal(caller: Caller, bytes: number): Refusal | undefined {
    const address = caller.address ?? caller
    if (this.#bytes.roomFor(address.bytes) >= (caller === address ? bytes : caller.bytes + bytes)) return undefined
    this.refusals.bytes++
    return BUSY
  }

  /** Counts bytes that are there already; with a number under 0, bytes that are not any more. */
  keep(caller: Caller, bytes: number): void {
    this.#bytes.take(bytes)
    if (caller.address) caller.address.bytes += bytes
    caller.bytes += bytes
  }

  #wait(caller: Caller, kind: RateClass): number {
    if (!this.#limits.perAddress) return 0
    return caller.rates[kind].take(this.#ratesOf(caller)[kind], this.#clock.monotonic())
  }

  #ratesOf(caller: Caller): Rates {
    return caller.address ? this.#linkRates : this.#rates
  }
}

function ratesOf(limits: ServerLimits, part: number): Rates {
  return {
    rpc: rateOf(limits.rpcPerSecond * part, { burstSeconds: 2 }),
    onion: rateOf(limits.onionPerSecond * part, { burstSeconds: 2 }),
    directory: rateOf(limits.directoryPerSecond * part, { burstSeconds: 5 }),
    // Pings and cancels: a few for each request at most.
    control: rateOf(limits.rpcPerSecond * part * 10, { burstSeconds: 2 }),
    connection: rateOf(limits.connectionsPerSecond * part, { burstSeconds: 6 }),
  }
}

function refusal(answer: { readonly status: number; readonly body: string }, retryAfter: number): Refusal {
  return { status: answer.status as Refusal['status'], text: answer.body, retryAfter }
}
