/**
 * Links to the guards: the only nodes that see our address. Invariants: two guards at most, kept for 30 days and over
 * restarts; a guard is only replaced when it leaves the directory, or fails three times without an answer in between while
 * the platform says that there is a network; guards that never worked are not persisted.
 */
import {
  type DirectoryView,
  days,
  hours,
  type Millis,
  millis,
  type NodeEntry,
  type NodeId,
  parseNodeId,
  type RandomBytes,
  seconds,
  type UnixMillis,
  unixMillis,
} from '@starling/protocol'
import {
  backoff,
  type Clock,
  type Link,
  type Logger,
  MutableObservable,
  type Observable,
  TimeoutError,
  withTimeout,
} from '@starling/runtime'
import * as z from 'zod/mini'
import { jsonRecord, Singleton } from '../store/json-record.ts'
import type { SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'
import type { Transport } from '../transport/transport.ts'
import { TransportError } from '../transport/transport-error.ts'
import { WakeUp } from '../wake-up.ts'
import { chooseGuard } from './choose-path.ts'

const GUARDS = 2
const LIFETIME = days(30)
const FAILURES_TO_REPLACE = 3
const BENCH_TIME = hours(1)
const CONNECT_TIMEOUT = seconds(10)
const RETRY_BASE = millis(400)
const RETRY_LIMIT = seconds(15)

const guardList = new Singleton(
  { table: TABLES.singletons, partition: 'guards' },
  jsonRecord(z.array(z.object({ node: z.string().check(z.regex(/^[0-9a-f]{64}$/)), since: z.int() }))),
)

export type GuardLink = {
  readonly node: NodeId
  readonly link: Link
  /** When it became a guard. */
  readonly since: UnixMillis
}

export type GuardLinksOptions = {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  readonly transport: Transport
  readonly view: Observable<DirectoryView | undefined>
  readonly ownSwarm: () => NodeEntry['swarmId'] | undefined
  readonly canReach: (node: NodeEntry) => boolean
}

type Slot = {
  guard: { readonly node: NodeId; readonly since: UnixMillis; isConfirmed: boolean } | undefined
  link: GuardLink | undefined
  failures: number
  readonly wakeUp: WakeUp
}

export class GuardLinks {
  readonly #options: GuardLinksOptions
  #store: SealedStore
  readonly #slots: readonly Slot[]
  /** Until when they are not chosen again, by our monotonic clock. */
  readonly #bench = new Map<NodeId, Millis>()
  readonly #links = new MutableObservable<readonly GuardLink[]>([])
  readonly #failedOnce = new MutableObservable(false)

  constructor(options: GuardLinksOptions, store: SealedStore) {
    this.#options = options
    this.#store = store
    const createSlot = () => ({ guard: undefined, link: undefined, failures: 0, wakeUp: new WakeUp(options.clock) })
    this.#slots = Array.from({ length: GUARDS }, createSlot)
  }

  /** Those that are up, always in the same order. */
  get links(): Observable<readonly GuardLink[]> {
    return this.#links
  }

  /** Whether any attempt to connect has failed since the last link was up. */
  get hasFailed(): Observable<boolean> {
    return this.#failedOnce
  }

  async load(): Promise<void> {
    const oldest = this.#options.clock.now() - LIFETIME
    const stored = (await guardList.get(this.#store)) ?? []
    for (const [i, { node, since }] of stored
      .filter((guard) => guard.since > oldest)
      .slice(0, GUARDS)
      .entries()) {
      this.#slots[i]!.guard = { node: parseNodeId(node), since: unixMillis(since), isConfirmed: true }
    }
  }

  async moveTo(store: SealedStore): Promise<void> {
    this.#store = store
    await this.#persist()
  }

  /** Keeps the guards connected until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { transport, view } = this.#options
    const wakeAll = () => {
      for (const slot of this.#slots) {
        // What it carried is lost, and nobody would notice before the next heartbeat.
        if (transport.offline) void slot.link?.link[Symbol.asyncDispose]()
        slot.wakeUp.wake()
      }
    }
    const stops = [transport.onNetworkChange(wakeAll), view.subscribe(() => this.#checkGuards())]
    try {
      await Promise.all(this.#slots.map((slot) => this.#runSlot(slot, signal)))
    } finally {
      for (const stop of stops) stop()
    }
  }

  /** An answer came through this guard. */
  succeeded(node: NodeId): void {
    const slot = this.#slotOf(node)
    if (slot !== undefined) slot.failures = 0
  }

  /** No answer came through this guard in time. After three in a row the link is given up. */
  timedOut(node: NodeId): void {
    const slot = this.#slotOf(node)
    if (slot?.link === undefined) return
    slot.failures++
    if (slot.failures >= FAILURES_TO_REPLACE) void slot.link.link[Symbol.asyncDispose]()
  }

  /** Lets go of guards that are now in the own swarm or gone, where there are others. */
  #checkGuards(): void {
    const view = this.#options.view.snapshot
    if (view === undefined) return
    for (const slot of this.#slots) {
      const guard = slot.guard && view.nodes.get(slot.guard.node)
      const isGone = slot.guard !== undefined && guard === undefined
      if (isGone || (guard !== undefined && this.#isTooClose(view, guard))) this.#drop(slot)
      slot.wakeUp.wake()
    }
  }

  /** The account is known now, or another one. */
  ownSwarmChanged(): void {
    this.#checkGuards()
  }

  /** A guard in the own swarm sees an address and, with its neighbours, an account. Never pays if there is nobody else. */
  #isTooClose(view: DirectoryView, guard: NodeEntry): boolean {
    const ownSwarm = this.#options.ownSwarm()
    if (guard.swarmId !== ownSwarm) return false
    const others = [...view.nodes.values()].filter((node) => node.swarmId !== ownSwarm && this.#options.canReach(node))
    return others.length >= GUARDS
  }

  #drop(slot: Slot): void {
    slot.guard = undefined
    slot.failures = 0
    void slot.link?.link[Symbol.asyncDispose]()
  }

  async #runSlot(slot: Slot, signal: AbortSignal): Promise<void> {
    const { random, transport } = this.#options
    while (!signal.aborted) {
      const guard = transport.offline ? undefined : this.#guardFor(slot)
      if (guard === undefined) {
        await slot.wakeUp.sleep(transport.offline ? undefined : RETRY_LIMIT, signal)
        continue
      }
      const link = await this.#connect(guard, signal)
      if (link !== undefined) await this.#hold(slot, guard, link, signal)
      signal.throwIfAborted()
      this.#countFailure(slot, guard)
      const delay = backoff({ attempt: slot.failures, base: RETRY_BASE, limit: RETRY_LIMIT, random })
      await slot.wakeUp.sleep(delay, signal)
    }
  }

  async #connect(guard: NodeEntry, signal: AbortSignal): Promise<Link | undefined> {
    const { clock, transport, logger } = this.#options
    try {
      return await withTimeout(clock, CONNECT_TIMEOUT, signal, (limited) =>
        transport.connect(guard.descriptor, { signal: limited }),
      )
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof TransportError || error instanceof TimeoutError)) throw error
      logger.debug('guard.connect_failed', { code: error.code })
      this.#failedOnce.set(true)
      return undefined
    }
  }

  /** Resolves when the link is gone. */
  async #hold(slot: Slot, guard: NodeEntry, link: Link, signal: AbortSignal): Promise<void> {
    const { nodeId } = guard.descriptor
    const close = () => void link[Symbol.asyncDispose]()
    signal.addEventListener('abort', close, { once: true })
    try {
      if (signal.aborted || slot.guard?.node !== nodeId) {
        close()
        return
      }
      slot.link = { node: nodeId, link, since: slot.guard.since }
      if (!slot.guard.isConfirmed) {
        slot.guard.isConfirmed = true
        await this.#persist()
      }
      this.#publish()
      this.#failedOnce.set(false)
      await link.closed
    } finally {
      signal.removeEventListener('abort', close)
      slot.link = undefined
      this.#publish()
    }
  }

  #guardFor(slot: Slot): NodeEntry | undefined {
    const view = this.#options.view.snapshot
    if (view === undefined) return undefined
    const current = slot.guard && view.nodes.get(slot.guard.node)
    if (current !== undefined && this.#options.canReach(current)) return current
    const chosen = this.#choose(view)
    if (chosen === undefined) {
      // Everybody was tried: begin anew, after a pause.
      this.#bench.clear()
      return undefined
    }
    slot.guard = { node: chosen.descriptor.nodeId, since: this.#options.clock.now(), isConfirmed: false }
    slot.failures = 0
    return chosen
  }

  #choose(view: DirectoryView): NodeEntry | undefined {
    const { clock, random, ownSwarm, canReach } = this.#options
    const guards = this.#slots.flatMap(({ guard }) => (guard && view.nodes.get(guard.node)) ?? [])
    const isBenched = (node: NodeId) => (this.#bench.get(node) ?? 0) > clock.monotonic()
    return chooseGuard({ view, guards, ownSwarm: ownSwarm(), canReach, isBenched, random })
  }

  #countFailure(slot: Slot, guard: NodeEntry): void {
    const { clock, transport, logger } = this.#options
    const { nodeId } = guard.descriptor
    // Not this guard's fault: it was let go of, or there is no network.
    if (slot.guard?.node !== nodeId || transport.offline) return
    slot.failures++
    if (slot.failures < FAILURES_TO_REPLACE) return
    logger.info('guard.replaced', { failures: slot.failures })
    this.#bench.set(nodeId, millis(clock.monotonic() + BENCH_TIME))
    slot.guard = undefined
    slot.failures = 0
  }

  #publish(): void {
    this.#links.set(this.#slots.flatMap(({ link }) => link ?? []))
  }

  #slotOf(node: NodeId): Slot | undefined {
    return this.#slots.find(({ guard }) => guard?.node === node)
  }

  async #persist(): Promise<void> {
    const guards = this.#slots.flatMap(({ guard }) =>
      guard?.isConfirmed ? [{ node: guard.node, since: guard.since }] : [],
    )
    await this.#store.write([guardList.put(guards)])
  }
}
