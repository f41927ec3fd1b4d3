/**
 * Retrieves everything that stands in the own swarm from two of its members, held until there is news. Invariants: deliver,
 * then advance: a cursor moves only when what is before it was handled; config objects are handled before the messages that
 * came with them. A crash between handling and advancing is harmless, since handling is idempotent.
 */
import {
  type AccountId,
  type AccountKeys,
  type Crypto,
  type DirectoryView,
  hours,
  millis,
  NAMESPACES,
  type Namespace,
  type NodeEntry,
  type NodeId,
  type RandomBytes,
  type RetrievedMessage,
  seconds,
} from '@starling/protocol'
import { backoff, type Clock, type Logger, MutableObservable, type Observable, type TaskGroup } from '@starling/runtime'
import type { NetworkTime } from '../network-time.ts'
import type { Paths } from '../paths/paths.ts'
import type { SealedStore } from '../store/sealed-store.ts'
import { StoreError } from '../store/store-error.ts'
import { RequestError } from '../swarm/request-error.ts'
import type { SwarmRequests } from '../swarm/swarm-requests.ts'
import { WakeUp } from '../wake-up.ts'
import type { Arrivals } from './arrivals.ts'
import { Cursors } from './cursors.ts'
import { FormerMembers } from './former-members.ts'
import type { NewerMessages } from './newer-messages.ts'
import { PollPace } from './poll-pace.ts'
import { MessageReceiver } from './receive-message.ts'
import { type AskOptions, CONFIG_NAMESPACES, namespaceOf, OWN_NAMESPACES, type Page, Retrieval } from './retrieval.ts'
import type { SeenMessages } from './seen-messages.ts'

/** Below the minute that nodes hold at most, so that the answer still finds its way back. */
const WAIT = seconds(55)
/** A held answer without news that comes earlier was not held: this node does not know how. */
const EARLY = seconds(5)
const RETRY_BASE = millis(500)
const RETRY_LIMIT = seconds(15)
const CLEAN_INTERVAL = hours(6)
/** How often `progress` tells of a backlog. */
const PROGRESS_STEP = 20

export type Lane = 0 | 1
const LANES: readonly Lane[] = [0, 1]

/** `catchingUp`: a backlog is being taken in; `handled` messages of it so far. */
export type InboxProgress = { readonly kind: 'catchingUp'; readonly handled: number } | { readonly kind: 'upToDate' }

export type InboxOptions = {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly crypto: Crypto
  readonly logger: Logger
  readonly store: SealedStore
  readonly keys: AccountKeys
  readonly arrivals: Arrivals
  readonly newer: NewerMessages
  readonly seen: SeenMessages
  readonly requests: SwarmRequests
  readonly paths: Paths
  readonly time: NetworkTime
  readonly view: Observable<DirectoryView | undefined>
  /**
   * What stands in one of `CONFIG_NAMESPACES`, in the order of one member; never empty. Durable when it resolves. The same
   * item may come again, from other members and after a restart.
   */
  readonly onConfigs: (namespace: Namespace, items: readonly RetrievedMessage[]) => Promise<void>
  /** Everything that was waiting was handled, as one more member has it. */
  readonly onCaughtUp: () => void
}

type Visit = { readonly node: NodeId; readonly leave: AbortController }

export class Inbox {
  readonly #options: InboxOptions
  readonly #self: AccountId
  readonly #cursors: Cursors
  readonly #retrieval: Retrieval
  readonly #receiver: MessageReceiver
  readonly #former: FormerMembers
  readonly #pace: PollPace
  readonly #progress = new MutableObservable<InboxProgress>({ kind: 'upToDate' })
  readonly #visits = new Map<Lane, Visit>()
  readonly #wakeUps: readonly [WakeUp, WakeUp]
  readonly #swarmWakeUp: WakeUp
  #handled = 0

  constructor(options: InboxOptions) {
    this.#options = options
    const { clock, store, view } = options
    this.#self = options.keys.accountId
    this.#cursors = new Cursors(store)
    this.#retrieval = new Retrieval({ ...options, cursors: this.#cursors })
    this.#receiver = new MessageReceiver(options)
    this.#pace = new PollPace(options)
    this.#wakeUps = [new WakeUp(clock), new WakeUp(clock)]
    this.#swarmWakeUp = new WakeUp(clock)
    const take = async (member: NodeEntry, signal: AbortSignal) =>
      (await this.#ask(member, { signal, lane: 1, isFormer: true })).isMore
    const onChanged = (members: readonly NodeId[]) => this.#cursors.forget(members, OWN_NAMESPACES)
    this.#former = new FormerMembers({ ...options, self: this.#self, view, take, onChanged })
  }

  /** What of a backlog was taken in. */
  get progress(): Observable<InboxProgress> {
    return this.#progress
  }

  start(tasks: TaskGroup): void {
    for (const lane of LANES) tasks.run('inbox', (signal) => this.#listen(lane, signal))
    tasks.run('swarm', (signal) => this.#watchSwarm(signal))
    tasks.run('seen', (signal) => this.#cleanSeen(signal))
  }

  /**
   * The network is back, or something was sent: nobody waits for the next attempt or poll, and where nodes hold no answers,
   * they are asked more often for a while.
   */
  noteActivity(): void {
    this.#pace.noteActivity()
    for (const wakeUp of this.#wakeUps) wakeUp.wake()
  }

  async #listen(lane: Lane, signal: AbortSignal): Promise<void> {
    const { paths, logger, random } = this.#options
    let failures = 0
    let failed: NodeId | undefined
    while (!signal.aborted) {
      await paths.connected(signal)
      const member = this.#choose(lane, failed)
      if (member === undefined) {
        await this.#wakeUps[lane].sleep(RETRY_LIMIT, signal)
        continue
      }
      const { nodeId } = member.descriptor
      const leave = new AbortController()
      this.#visits.set(lane, { node: nodeId, leave })
      try {
        await this.#stayWith(member, lane, AbortSignal.any([signal, leave.signal]), () => {
          failures = 0
        })
      } catch (error) {
        signal.throwIfAborted()
        if (leave.signal.aborted) continue
        if (!(error instanceof RequestError || error instanceof StoreError)) throw error
        logger.debug('inbox.retrieve_failed', { code: error.code, lane })
        // A lost guard says nothing about the member.
        failed = error.code === 'guard_lost' ? undefined : nodeId
        const delay = backoff({ attempt: failures++, base: RETRY_BASE, limit: RETRY_LIMIT, random })
        if (error.code !== 'guard_lost' || failures > 1) await this.#wakeUps[lane].sleep(delay, signal)
      } finally {
        this.#visits.delete(lane)
      }
    }
  }

  /** A member that the other lane does not ask; not the one that just failed, where there is another. */
  #choose(lane: Lane, failed: NodeId | undefined): NodeEntry | undefined {
    const taken = this.#visits.get(lane === 0 ? 1 : 0)?.node
    const free = this.#options.requests.membersOf(this.#self).filter(({ descriptor }) => descriptor.nodeId !== taken)
    return free.find(({ descriptor }) => descriptor.nodeId !== failed) ?? free[0]
  }

  /** Until a request fails or the member leaves the swarm. */
  async #stayWith(member: NodeEntry, lane: Lane, signal: AbortSignal, onAnswer: () => void): Promise<void> {
    const { clock, requests } = this.#options
    let isCaughtUp = false
    while (this.#isMember(member.descriptor.nodeId)) {
      const started = clock.monotonic()
      const wait = isCaughtUp && requests.areHeld ? WAIT : undefined
      const { isMore, isNews } = await this.#ask(member, { signal, lane, wait })
      onAnswer()
      if (isNews) this.#pace.noteActivity()
      if (isMore) continue
      // Nor does a node that repeats what we have get more attention.
      const isEarly = isCaughtUp && !isNews && clock.monotonic() - started < EARLY
      this.#caughtUp(isCaughtUp)
      isCaughtUp = true
      if (isEarly) await this.#wakeUps[lane].sleep(this.#pace.next(), signal)
    }
  }

  #caughtUp(wasBefore: boolean): void {
    this.#handled = 0
    if (this.#progress.snapshot.kind !== 'upToDate') this.#progress.set({ kind: 'upToDate' })
    if (!wasBefore) this.#options.onCaughtUp()
  }

  #isMember(node: NodeId): boolean {
    const members = this.#options.requests.swarmOf(this.#self)?.members ?? []
    return members.some(({ descriptor }) => descriptor.nodeId === node)
  }

  /** One round: asks, delivers, then advances. `isMore`, if the member has more and we got further. */
  async #ask(member: NodeEntry, options: AskOptions): Promise<{ isMore: boolean; isNews: boolean }> {
    const { generation } = this.#cursors
    const pages = await this.#retrieval.ask(member, options)
    return this.#handle(member, pages, { generation, signal: options.signal })
  }

  async #handle(
    member: NodeEntry,
    pages: readonly Page[],
    { generation, signal }: { readonly generation: number; readonly signal: AbortSignal },
  ): Promise<{ isMore: boolean; isNews: boolean }> {
    const { nodeId } = member.descriptor
    const messages = pages.filter(({ namespace }) => namespace === NAMESPACES.messages).flatMap(({ items }) => items)
    const misplaced = this.#misplaced(messages)
    let isMore = false
    let isNews = false
    const advance = async ({ namespace, items, isMore: hasMore }: Page) => {
      const isFurther = await this.#cursors.advance(nodeId, { namespace, items, generation })
      isMore ||= isFurther && hasMore
      return isFurther
    }
    for (const namespace of CONFIG_NAMESPACES) {
      const page = pages.find((candidate) => candidate.namespace === namespace)
      const items = [...(misplaced.get(namespace) ?? []), ...(page?.items ?? [])]
      if (items.length > 0) await this.#options.onConfigs(namespace, items)
      if (page !== undefined && (await advance(page))) isNews = true
    }
    const configs = new Set([...misplaced.values()].flat())
    for (const item of messages) {
      signal.throwIfAborted()
      if (configs.has(item) || !(await this.#receiver.receive(item))) continue
      isNews = true
      this.#count(messages.length)
    }
    for (const page of pages) if (page.namespace === NAMESPACES.messages) await advance(page)
    return { isMore, isNews }
  }

  /** Config objects among the messages, where a node put them when swarms changed. */
  #misplaced(messages: readonly RetrievedMessage[]): ReadonlyMap<Namespace, readonly RetrievedMessage[]> {
    const found = new Map<Namespace, RetrievedMessage[]>()
    for (const item of messages) {
      const namespace = namespaceOf(this.#options.crypto, this.#self, item)
      if (namespace === NAMESPACES.messages) continue
      found.set(namespace, [...(found.get(namespace) ?? []), item])
    }
    return found
  }

  /** A page with a single message is no backlog. */
  #count(pageSize: number): void {
    this.#handled++
    if (pageSize < PROGRESS_STEP || this.#handled % PROGRESS_STEP !== 0) return
    this.#progress.set({ kind: 'catchingUp', handled: this.#handled })
  }

  /** Leaves members that left the swarm at once, and fetches what they still hold. */
  async #watchSwarm(signal: AbortSignal): Promise<void> {
    const { view, logger, paths } = this.#options
    const stop = view.subscribe(() => {
      for (const { node, leave } of this.#visits.values()) if (!this.#isMember(node)) leave.abort()
      for (const wakeUp of this.#wakeUps) wakeUp.wake()
      this.#swarmWakeUp.wake()
    })
    try {
      while (!signal.aborted) {
        await this.#swarmWakeUp.sleep(undefined, signal)
        await paths.connected(signal)
        try {
          await this.#former.check(signal)
        } catch (error) {
          signal.throwIfAborted()
          if (!(error instanceof RequestError || error instanceof StoreError)) throw error
          logger.warn('inbox.former_members_failed', { code: error.code })
        }
      }
    } finally {
      stop()
    }
  }

  async #cleanSeen(signal: AbortSignal): Promise<void> {
    const { clock, logger, seen, time } = this.#options
    while (!signal.aborted) {
      await clock.sleep(CLEAN_INTERVAL, { signal })
      try {
        await seen.clean(time.now())
      } catch (error) {
        if (!(error instanceof StoreError)) throw error
        logger.warn('inbox.clean_failed', { code: error.code })
      }
    }
  }
}
