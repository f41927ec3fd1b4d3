/**
 * Links to the guards: the only nodes that see our address. Invariants: two guards, kept for weeks and over restarts once a
 * link to them was up; one that does not answer has a substitute, which is not kept, and is tried again until it answers or
 * was away for a day; so who breaks our links for a while does not choose our guards. docs/protocol/paths.md §1.
 */
import {
  type DirectoryView,
  days,
  type Millis,
  millis,
  minutes,
  type NodeEntry,
  type NodeId,
  type RandomBytes,
  seconds,
  type UnixMillis,
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
import type { SealedStore } from '../store/sealed-store.ts'
import type { Transport } from '../transport/transport.ts'
import { TransportError } from '../transport/transport-error.ts'
import { WakeUp } from '../wake-up.ts'
import { GuardChoice } from './guard-choice.ts'
import { type KeptGuard, loadGuards, newGuard, storeGuards } from './guard-record.ts'

const GUARDS = 2
const FAILURES_TO_REPLACE = 3
/** How long a guard may be away before its substitute takes its place. */
const LONGEST_ABSENCE = days(1)
/** When an absent guard is tried again: soon, for the network itself may have been away; then now and then. */
const FIRST_RETURN = seconds(30)
const RETURN_INTERVAL = minutes(10)
const CONNECT_TIMEOUT = seconds(10)
const RETRY_BASE = millis(400)
const RETRY_LIMIT = seconds(15)

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
  /** On the disk, if a link to it was ever up. */
  guard: (KeptGuard & { readonly isConfirmed: boolean }) | undefined
  /** Stands in for it. */
  substitute: KeptGuard | undefined
  /** Since when the guard does not answer though others do, by our monotonic clock. */
  absentSince: Millis | undefined
  link: GuardLink | undefined
  /** To the guard, which came back while its substitute was in use. */
  returned: Link | undefined
  failures: number
  readonly wakeUp: WakeUp
}

export class GuardLinks {
  readonly #options: GuardLinksOptions
  #store: SealedStore
  readonly #slots: readonly Slot[]
  readonly #choice: GuardChoice
  readonly #links = new MutableObservable<readonly GuardLink[]>([])
  readonly #failedOnce = new MutableObservable(false)

  constructor(options: GuardLinksOptions, store: SealedStore) {
    this.#options = options
    this.#store = store
    this.#choice = new GuardChoice(options)
    this.#slots = Array.from({ length: GUARDS }, () => ({
      guard: undefined,
      substitute: undefined,
      absentSince: undefined,
      link: undefined,
      returned: undefined,
      failures: 0,
      wakeUp: new WakeUp(options.clock),
    }))
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
    const stored = await loadGuards(this.#store, this.#options.clock.now())
    for (const [i, guard] of stored.slice(0, GUARDS).entries()) {
      this.#slots[i]!.guard = { ...guard, isConfirmed: true }
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
      for (const { returned } of this.#slots) void returned?.[Symbol.asyncDispose]()
    }
  }

  /** An answer came through this guard. */
  succeeded(node: NodeId): void {
    const slot = this.#slotOf(node)
    if (slot === undefined) return
    slot.failures = 0
    if (slot.guard?.node === node) slot.absentSince = undefined
  }

  /** No answer came through this guard in time. After three in a row the link is given up. */
  timedOut(node: NodeId): void {
    const slot = this.#slotOf(node)
    if (slot?.link === undefined) return
    slot.failures++
    if (slot.failures >= FAILURES_TO_REPLACE) void slot.link.link[Symbol.asyncDispose]()
  }

  /** The account is known now, or another one. */
  ownSwarmChanged(): void {
    this.#checkGuards()
  }

  /** Lets go of guards whose time is over, that are gone, or that are now in the own swarm where there are others. */
  #checkGuards(): void {
    const view = this.#options.view.snapshot
    if (view === undefined) return
    for (const slot of this.#slots) {
      if (slot.guard !== undefined && !this.#choice.isFit(view, slot.guard)) this.#drop(slot, 'guard')
      if (slot.substitute !== undefined && !this.#choice.isFit(view, slot.substitute)) this.#drop(slot, 'substitute')
      slot.wakeUp.wake()
    }
  }

  #drop(slot: Slot, which: 'guard' | 'substitute'): void {
    if (slot.link?.node === slot[which]?.node) void slot.link?.link[Symbol.asyncDispose]()
    slot[which] = undefined
    slot.failures = 0
    if (which === 'guard') slot.absentSince = undefined
  }

  async #runSlot(slot: Slot, signal: AbortSignal): Promise<void> {
    const { random, transport } = this.#options
    while (!signal.aborted) {
      const current = transport.offline ? undefined : this.#currentOf(slot)
      const node = this.#choice.nodeOf(current)
      if (node === undefined) {
        await slot.wakeUp.sleep(transport.offline ? undefined : RETRY_LIMIT, signal)
        continue
      }
      const link = this.#takeReturned(slot, current!) ?? (await this.#connect(node, signal))
      if (link !== undefined) await this.#hold(slot, current!, link, signal)
      signal.throwIfAborted()
      if (slot.returned !== undefined) continue
      this.#countFailure(slot, current!.node)
      const delay = backoff({ attempt: slot.failures, base: RETRY_BASE, limit: RETRY_LIMIT, random })
      await slot.wakeUp.sleep(delay, signal)
    }
  }

  /** The guard, or who stands in for it; chosen, where there is none. */
  #currentOf(slot: Slot): KeptGuard | undefined {
    const { clock, random } = this.#options
    if (slot.returned !== undefined && slot.guard !== undefined) slot.substitute = undefined
    const current = slot.substitute ?? slot.guard
    if (this.#choice.nodeOf(current) !== undefined) return current
    const chosen = this.#choice.choose(this.#taken())
    if (chosen === undefined) return undefined
    slot.substitute = undefined
    slot.guard = { ...newGuard(chosen, clock.now(), random), isConfirmed: false }
    slot.failures = 0
    return slot.guard
  }

  #takeReturned(slot: Slot, current: KeptGuard): Link | undefined {
    const link = slot.returned
    slot.returned = undefined
    if (link === undefined || current.node === slot.guard?.node) return link
    void link[Symbol.asyncDispose]()
    return undefined
  }

  async #connect(node: NodeEntry, signal: AbortSignal): Promise<Link | undefined> {
    const { clock, transport, logger } = this.#options
    try {
      return await withTimeout(clock, CONNECT_TIMEOUT, signal, (limited) =>
        transport.connect(node.descriptor, { signal: limited }),
      )
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof TransportError || error instanceof TimeoutError)) throw error
      logger.debug('guard.connect_failed', { code: error.code })
      if (this.#links.snapshot.length === 0) this.#failedOnce.set(true)
      return undefined
    }
  }

  /** Resolves when the link is gone, or the guard is back that this one stood in for. */
  async #hold(slot: Slot, current: KeptGuard, link: Link, signal: AbortSignal): Promise<void> {
    const end = new AbortController()
    const close = () => void link[Symbol.asyncDispose]()
    const either = AbortSignal.any([signal, end.signal])
    either.addEventListener('abort', close, { once: true })
    try {
      if (signal.aborted || (slot.substitute ?? slot.guard)?.node !== current.node) {
        close()
        return
      }
      slot.link = { node: current.node, link, since: current.since }
      await this.#confirm(slot, current.node)
      this.#publish()
      this.#failedOnce.set(false)
      const isSubstitute = slot.substitute?.node === current.node
      await (isSubstitute ? Promise.race([link.closed, this.#awaitReturn(slot, either)]) : link.closed)
    } finally {
      end.abort()
      either.removeEventListener('abort', close)
      slot.link = undefined
      this.#publish()
    }
  }

  async #confirm(slot: Slot, node: NodeId): Promise<void> {
    if (slot.guard?.node !== node || slot.guard.isConfirmed) return
    slot.guard = { ...slot.guard, isConfirmed: true }
    await this.#persist()
  }

  /** Tries the guard now and then. Resolves when it answers, or when the substitute has taken its place, which it keeps. */
  async #awaitReturn(slot: Slot, signal: AbortSignal): Promise<void> {
    const { clock, view } = this.#options
    let pause: Millis = FIRST_RETURN
    while (!signal.aborted) {
      try {
        await clock.sleep(pause, { signal })
        pause = RETURN_INTERVAL
        const node = slot.guard && view.snapshot?.nodes.get(slot.guard.node)
        const link = node && (await this.#connect(node, signal))
        if (signal.aborted) void link?.[Symbol.asyncDispose]()
        else slot.returned = link
      } catch (error) {
        if (signal.aborted) return
        throw error
      }
      if (slot.returned !== undefined) return
      slot.absentSince ??= clock.monotonic()
      if (slot.guard === undefined || clock.monotonic() - slot.absentSince >= LONGEST_ABSENCE) await this.#promote(slot)
    }
  }

  /** The guard was away for too long: its substitute is the guard. */
  async #promote(slot: Slot): Promise<void> {
    if (slot.substitute === undefined) return
    this.#options.logger.info('guard.replaced', { reason: 'absent' })
    slot.guard = { ...slot.substitute, isConfirmed: true }
    slot.substitute = undefined
    slot.absentSince = undefined
    await this.#persist()
  }

  #countFailure(slot: Slot, node: NodeId): void {
    const { transport, logger } = this.#options
    // Not this node's fault: it was let go of, or there is no network.
    if ((slot.substitute ?? slot.guard)?.node !== node || transport.offline) return
    slot.failures++
    if (slot.failures < FAILURES_TO_REPLACE) return
    slot.failures = 0
    if (slot.guard?.node === node && slot.guard.isConfirmed) {
      this.#substitute(slot)
      return
    }
    logger.info('guard.replaced', { reason: 'failed' })
    this.#choice.bench(node)
    // After a substitute it is the guard's turn again: it may have been the network.
    if (slot.substitute?.node === node) slot.substitute = undefined
    else slot.guard = undefined
  }

  #substitute(slot: Slot): void {
    const { clock, logger, random } = this.#options
    const chosen = this.#choice.choose(this.#taken())
    if (chosen === undefined) return
    logger.info('guard.substituted', {})
    slot.substitute = newGuard(chosen, clock.now(), random)
  }

  #taken(): readonly KeptGuard[] {
    return this.#slots.flatMap(({ guard, substitute }) => [guard ?? [], substitute ?? []].flat())
  }

  #publish(): void {
    this.#links.set(this.#slots.flatMap(({ link }) => link ?? []))
  }

  #slotOf(node: NodeId): Slot | undefined {
    return this.#slots.find(({ link }) => link?.node === node)
  }

  async #persist(): Promise<void> {
    const guards = this.#slots.flatMap(({ guard }) => {
      if (guard?.isConfirmed !== true) return []
      const { isConfirmed: _, ...kept } = guard
      return [kept]
    })
    await storeGuards(this.#store, guards)
  }
}
