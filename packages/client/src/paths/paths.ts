/**
 * Onion requests of this client: two lanes, each over a guard of its own where two are connected. A request that is slow is
 * hedged on the second lane; the first good answer wins. Failures are counted per node, from typed errors, and paths that
 * failed are built anew in the background. Invariant: the guard is never the destination, and nothing but layers for its key
 * leaves through it. docs/protocol/paths.md.
 */
import {
  type Crypto,
  type DirectoryView,
  FrameKind,
  type Millis,
  millis,
  type NodeEntry,
  type RandomBytes,
  type RpcAnswer,
  seconds,
} from '@starling/protocol'
import {
  type Clock,
  type LinkReply,
  type Logger,
  MutableObservable,
  type Observable,
  randomInteger,
  TimeoutError,
  withTimeout,
} from '@starling/runtime'
import { padRequest } from '../swarm/padded-request.ts'
import { until } from '../until.ts'
import type { GuardLink, GuardLinks } from './guard-links.ts'
import { HedgeBudget } from './hedge-budget.ts'
import type { NodeHealth } from './node-health.ts'
import { type Path, PathBook } from './path-book.ts'
import { PathError } from './path-error.ts'
import { PathJudge, type Route } from './path-judge.ts'
import { hopOf, linkFailure, sealOnion } from './path-onion.ts'
import { type BrokenPath, PathRepair } from './path-repair.ts'

/** Longer than almost any answer takes; a second request costs little. */
const HEDGE_DELAY = millis(1500)
const MAX_ATTEMPTS = 4
const PROBE_TIMEOUT = seconds(10)

export type PathRequest = {
  readonly signal: AbortSignal
  readonly timeout: Millis
  /** Not for what nodes hold on purpose. */
  readonly hedge: boolean
  /** Which of the two lanes to begin with: 0 unless told. */
  readonly lane?: 0 | 1
}

export type PathsOptions = {
  readonly clock: Clock
  readonly crypto: Crypto
  readonly random: RandomBytes
  readonly logger: Logger
  readonly view: Observable<DirectoryView | undefined>
  readonly guards: GuardLinks
  readonly health: NodeHealth
  /** Somebody said that the directory we have is old. */
  readonly onOldDirectory: () => void
}

/** The path of the first lane that last gave an answer, and how long answers take. */
export type PathInUse = { readonly path: Path; readonly guard: GuardLink; readonly roundTrip?: Millis }

/** `onRoute` is told of every way that is tried. */
type LaneRequest = PathRequest & { readonly onRoute?: (route: Route) => void }

type Settled =
  | { readonly kind: 'answer'; readonly answer: RpcAnswer }
  | { readonly kind: 'error'; readonly error: unknown }

export class Paths {
  readonly #options: PathsOptions
  readonly #book: PathBook
  readonly #hedges = new HedgeBudget()
  readonly #repair: PathRepair
  readonly #judge: PathJudge
  readonly #inUse = new MutableObservable<PathInUse | undefined>(undefined)

  constructor(options: PathsOptions) {
    this.#options = options
    const { clock, random, health } = options
    this.#repair = new PathRepair({ ...options, probe: (broken, signal) => this.#probe(broken, signal) })
    this.#book = new PathBook({ clock, random, isSuspect: (node) => health.isSuspect(node) })
    this.#judge = new PathJudge({ ...options, book: this.#book, repair: this.#repair })
  }

  get inUse(): Observable<PathInUse | undefined> {
    return this.#inUse
  }

  get isConnected(): boolean {
    return this.#options.guards.links.snapshot.length > 0
  }

  /** Resolves as soon as a guard is connected. */
  connected(signal: AbortSignal): Promise<void> {
    return until(this.#options.guards.links, (links) => links.length > 0, signal)
  }

  /** Repairs what breaks until `signal` aborts. */
  run(signal: AbortSignal): Promise<void> {
    return this.#repair.run(signal)
  }

  /**
   * The destination's answer.
   *
   * @throws {PathError} any code
   */
  async request(destination: NodeEntry, payload: Uint8Array, options: PathRequest): Promise<RpcAnswer> {
    const { clock } = this.#options
    try {
      return await withTimeout(clock, options.timeout, options.signal, async (signal) => {
        await this.connected(signal)
        return options.hedge
          ? this.#hedged(destination, payload, { ...options, signal })
          : this.#onLane(destination, payload, { ...options, signal })
      })
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error
      throw new PathError(this.isConnected ? 'timeout' : 'no_path', { cause: error })
    }
  }

  async #hedged(destination: NodeEntry, payload: Uint8Array, options: PathRequest): Promise<RpcAnswer> {
    const stop = new AbortController()
    const signal = AbortSignal.any([options.signal, stop.signal])
    const lane = options.lane ?? 0
    this.#hedges.earn()
    let slow: Route | undefined
    const onRoute = (route: Route) => {
      if (route.lane === lane) slow = route
    }
    const start = (on: 0 | 1) => settled(this.#onLane(destination, payload, { ...options, signal, lane: on, onRoute }))
    try {
      const first = start(lane)
      const isSlow = this.#options.clock.sleep(HEDGE_DELAY, { signal }).then(() => 'slow' as const)
      isSlow.catch(() => {}) // aborted: the answer was there first
      const early = await Promise.race([first, isSlow])
      if (early !== 'slow') return unwrap(early)
      if (!this.#hedges.take()) return unwrap(await first)
      const second = start(lane === 0 ? 1 : 0)
      const tagged = [first, second].map((outcome, i) => outcome.then((ended) => ({ ended, isHedge: i === 1 })))
      const { ended, isHedge } = await Promise.race(tagged)
      if (ended.kind === 'answer') {
        if (isHedge && slow !== undefined) this.#judge.lost(slow)
        return ended.answer
      }
      const [one, other] = await Promise.all([first, second])
      return unwrap(one.kind === 'answer' ? one : other)
    } finally {
      stop.abort()
    }
  }

  /** Tries other hops, and the other guard, while it is a hop that fails. */
  async #onLane(destination: NodeEntry, payload: Uint8Array, options: LaneRequest): Promise<RpcAnswer> {
    for (let attempt = 1; ; attempt++) {
      const route = this.#route(destination, options.lane ?? 0)
      options.onRoute?.(route)
      try {
        return await this.#attempt(route, payload, options)
      } catch (error) {
        if (!(error instanceof PathError) || attempt === MAX_ATTEMPTS) throw error
        if (error.code !== 'hop_failed' && error.code !== 'guard_lost') throw error
        this.#options.logger.debug('path.retried', { code: error.code, attempt })
        await this.connected(options.signal)
      }
    }
  }

  /** @throws {PathError} `no_path` */
  #route(destination: NodeEntry, lane: 0 | 1): Route {
    const view = this.#options.view.snapshot
    if (view === undefined) throw new PathError('no_path')
    const usable = this.#options.guards.links.snapshot.flatMap((guard) => {
      const node = view.nodes.get(guard.node)
      return node === undefined || guard.node === destination.descriptor.nodeId ? [] : [{ guard, node }]
    })
    const apart = usable.filter(({ node }) => node.swarmId !== destination.swarmId)
    const choice = apart.length > 0 ? apart : usable
    const chosen = choice[lane % Math.max(1, choice.length)]
    const others = usable.map(({ guard }) => guard.node)
    const path = chosen && this.#book.get(view, { guard: chosen.node, others }, destination, lane)
    if (path === undefined) throw new PathError('no_path')
    return { lane, guard: chosen!.guard, path, destination }
  }

  async #attempt(route: Route, payload: Uint8Array, options: PathRequest): Promise<RpcAnswer> {
    const { clock } = this.#options
    const { signal, timeout } = options
    const destination = { kind: 'node', ...hopOf(route.destination), reply: { json: true, base64: false } } as const
    using onion = sealOnion(this.#options, route.path.hops, { destination, payload })
    const started = clock.monotonic()
    const reply = await this.#ask(route, onion.body, { signal, timeout })
    const answer = this.#judge.read(route, onion, reply)
    this.#noteSuccess(route, options.hedge ? millis(Math.round(clock.monotonic() - started)) : undefined)
    return answer
  }

  async #ask(route: Route, body: Uint8Array, options: { signal: AbortSignal; timeout: Millis }): Promise<LinkReply> {
    try {
      return await route.guard.link.request(FrameKind.onion, body, options)
    } catch (error) {
      const { signal } = options
      // Aborted with a deadline's error: nobody on the way answered. Aborted otherwise: nobody is to blame.
      if (signal.aborted && signal.reason instanceof TimeoutError) this.#judge.timedOut(route)
      signal.throwIfAborted()
      const failure = linkFailure(error)
      if (failure.code === 'timeout') this.#judge.timedOut(route)
      throw failure
    }
  }

  #noteSuccess(route: Route, roundTrip: Millis | undefined): void {
    const { guards } = this.#options
    this.#judge.succeeded(route)
    const { path, guard, lane } = route
    const before = this.#inUse.snapshot
    // The second lane is only shown while the first has nothing to show.
    if (lane === 1 && before !== undefined && guards.links.snapshot.some(({ link }) => link === before.guard.link))
      return
    const shown = roundTrip ?? before?.roundTrip
    if (before?.path.hops === path.hops && before.roundTrip === shown) return
    this.#inUse.set({ path, guard, ...(shown === undefined ? {} : { roundTrip: shown }) })
  }

  /** Any member of the swarm tells whether the hops before it work; another one than the last, which may be down itself. */
  async #probe({ lane, destination }: BrokenPath, signal: AbortSignal): Promise<void> {
    const { clock, random, view } = this.#options
    const members = view.snapshot?.swarm(destination.swarmId)?.members ?? []
    const others = members.filter(({ descriptor }) => descriptor.nodeId !== destination.descriptor.nodeId)
    const member = others.length > 0 ? others[randomInteger(random, others.length)] : members[0]
    if (member === undefined) return
    const payload = padRequest({ method: 'info', params: {} })
    try {
      await withTimeout(clock, PROBE_TIMEOUT, signal, async (limited) => {
        await this.connected(limited)
        await this.#onLane(member, payload, { signal: limited, timeout: PROBE_TIMEOUT, hedge: false, lane })
      })
    } catch (error) {
      throw error instanceof TimeoutError ? new PathError('timeout', { cause: error }) : error
    }
  }
}

function settled(answer: Promise<RpcAnswer>): Promise<Settled> {
  return answer.then(
    (value): Settled => ({ kind: 'answer', answer: value }),
    (error: unknown): Settled => ({ kind: 'error', error }),
  )
}

function unwrap(outcome: Settled): RpcAnswer {
  if (outcome.kind === 'error') throw outcome.error
  return outcome.answer
}
