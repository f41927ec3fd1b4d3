/**
 * Machines and the wires between them, on virtual time. Links carry real frames through real `LinkSession`s; the wires
 * delay, lose, reorder and cut. Everything random comes from one seed. What each host received is kept for inspection.
 */
import { concatBytes, type Millis, millis, type RandomBytes, seconds } from '@starling/protocol'
import { type Clock, type FrameCarrier, type LinkHandler, LinkSession, randomInteger } from '@starling/runtime'

export type HostName = string

/** What a wire does to frames. Delays are one way. */
export type WireFaults = {
  readonly delay: Millis
  /** Added to the delay: uniformly 0 … jitter. Without `reorder`, later frames wait for earlier ones. */
  readonly jitter: Millis
  /** Probability 0 … 1 that a frame never arrives. */
  readonly loss: number
  readonly reorder: boolean
  /** Nothing arrives, and nobody is told. */
  readonly cut: boolean
}

const GOOD_WIRE: WireFaults = { delay: millis(5), jitter: millis(5), loss: 0, reorder: false, cut: false }
const CONNECT_TIMEOUT = seconds(4)
const HEARTBEAT = { interval: seconds(10), timeout: seconds(10) }

export type ReceivedFrame = { readonly from: HostName; readonly bytes: Uint8Array }

type Host = {
  readonly accept: (from: HostName) => LinkHandler
  readonly links: Set<LinkSession>
}

/** Nobody is at that address, or nobody answers. */
export class NoRouteError extends Error {
  override readonly name = 'NoRouteError'
}

export class SimulatedNetwork {
  readonly #clock: Clock
  readonly #random: RandomBytes
  readonly #hosts = new Map<HostName, Host>()
  readonly #faults = new Map<string, Partial<WireFaults>>()
  readonly #received = new Map<HostName, ReceivedFrame[]>()
  readonly #forever = new AbortController()
  #defaults = GOOD_WIRE

  constructor(options: { clock: Clock; random: RandomBytes }) {
    this.#clock = options.clock
    this.#random = options.random
  }

  /** Attaches a machine; `accept` gives the handler for links that come in. */
  attach(name: HostName, accept: Host['accept']): void {
    this.#hosts.set(name, { accept, links: new Set() })
  }

  /** The machine is gone: its links break at once, and nobody answers there. */
  async detach(name: HostName): Promise<void> {
    const host = this.#hosts.get(name)
    this.#hosts.delete(name)
    await Promise.all([...(host?.links ?? [])].map((link) => link[Symbol.asyncDispose]()))
  }

  isAttached(name: HostName): boolean {
    return this.#hosts.has(name)
  }

  /** For all wires; those that were set alone keep their own faults. */
  setDefaults(faults: Partial<WireFaults>): void {
    this.#defaults = { ...this.#defaults, ...faults }
  }

  /** Faults of the wires between two hosts, both ways. */
  setWire(a: HostName, b: HostName, faults: Partial<WireFaults>): void {
    this.#faults.set(wireName(a, b), { ...this.#faults.get(wireName(a, b)), ...faults })
  }

  /** Cuts, or mends, all wires between the hosts of one group and the others. */
  partition(group: readonly HostName[], others: readonly HostName[], cut: boolean): void {
    for (const a of group) for (const b of others) this.setWire(a, b, { cut })
  }

  /** All wires are good again. */
  mend(): void {
    this.#defaults = GOOD_WIRE
    this.#faults.clear()
  }

  /** All that the host was sent so far. */
  received(name: HostName): readonly ReceivedFrame[] {
    return this.#received.get(name) ?? []
  }

  /** For long runs that inspect nothing. */
  forgetReceived(): void {
    this.#received.clear()
  }

  /** @throws {NoRouteError} at once if nobody is there, after 4 s if the wire is cut. */
  async connect(
    from: HostName,
    to: HostName,
    options: { signal: AbortSignal; handler?: LinkHandler },
  ): Promise<LinkSession> {
    const faults = this.#faultsBetween(from, to)
    await this.#clock.sleep(faults.cut ? CONNECT_TIMEOUT : millis(2 * faults.delay), { signal: options.signal })
    const host = this.#hosts.get(to)
    if (!host || this.#faultsBetween(from, to).cut) throw new NoRouteError(`no route to ${to}`)
    const [near, far] = this.#joinedSessions(from, to, options.handler, host.accept(from))
    this.#adopt(from, near)
    this.#adopt(to, far)
    return near
  }

  /** A request outside of links, as HTTP would carry it. */
  async roundTrip<T>(
    from: HostName,
    to: HostName,
    options: { signal: AbortSignal; sent: Uint8Array; answer: () => Promise<T> },
  ): Promise<T> {
    const faults = this.#faultsBetween(from, to)
    await this.#clock.sleep(faults.cut ? CONNECT_TIMEOUT : millis(2 * this.#delayOf(faults)), {
      signal: options.signal,
    })
    if (!this.#hosts.has(to) || faults.cut) throw new NoRouteError(`no route to ${to}`)
    this.#record(to, from, options.sent)
    return options.answer()
  }

  dispose(): void {
    this.#forever.abort()
  }

  #adopt(name: HostName, link: LinkSession): void {
    const links = this.#hosts.get(name)?.links
    links?.add(link)
    void link.closed.then(() => links?.delete(link))
  }

  #joinedSessions(
    from: HostName,
    to: HostName,
    handler: LinkHandler | undefined,
    farHandler: LinkHandler,
  ): [LinkSession, LinkSession] {
    const ends: { near?: LinkSession; far?: LinkSession } = {}
    const near = new LinkSession({
      carrier: this.#carrier(from, to, () => ends.far),
      clock: this.#clock,
      heartbeat: HEARTBEAT,
      ...(handler && { handler }),
    })
    const far = new LinkSession({
      carrier: this.#carrier(to, from, () => ends.near),
      clock: this.#clock,
      heartbeat: HEARTBEAT,
      handler: farHandler,
    })
    ends.near = near
    ends.far = far
    return [near, far]
  }

  #carrier(from: HostName, to: HostName, other: () => LinkSession | undefined): FrameCarrier {
    let lastArrival: Promise<void> = Promise.resolve()
    let open = true
    return {
      bufferedBytes: 0,
      send: (frame) => {
        const faults = this.#faultsBetween(from, to)
        if (!open || faults.cut || this.#chance() < faults.loss) return
        // The sender may reuse its memory.
        const copy = concatBytes(frame)
        const before = faults.reorder ? Promise.resolve() : lastArrival
        lastArrival = this.#sleep(this.#delayOf(faults))
          .then(() => before)
          .then(() => {
            if (this.#faultsBetween(from, to).cut) return
            this.#record(to, from, copy)
            other()?.receive(copy)
          })
      },
      close: () => {
        if (!open) return
        open = false
        const faults = this.#faultsBetween(from, to)
        if (faults.cut) return
        void lastArrival.then(() => this.#sleep(faults.delay)).then(() => other()?.closedByCarrier())
      },
    }
  }

  async #sleep(delay: Millis): Promise<void> {
    await this.#clock.sleep(delay, { signal: this.#forever.signal }).catch(() => {})
  }

  #record(to: HostName, from: HostName, bytes: Uint8Array): void {
    const frames = this.#received.get(to)
    if (frames) frames.push({ from, bytes })
    else this.#received.set(to, [{ from, bytes }])
  }

  #faultsBetween(a: HostName, b: HostName): WireFaults {
    return { ...this.#defaults, ...this.#faults.get(wireName(a, b)) }
  }

  #delayOf(faults: WireFaults): Millis {
    return millis(faults.delay + (faults.jitter > 0 ? randomInteger(this.#random, faults.jitter + 1) : 0))
  }

  #chance(): number {
    return randomInteger(this.#random, 2 ** 32) / 2 ** 32
  }
}

function wireName(a: HostName, b: HostName): string {
  return a < b ? `${a}|${b}` : `${b}|${a}`
}
