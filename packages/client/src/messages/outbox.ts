/**
 * Brings what waits to the swarms. Invariants: an item is on the disk before anybody is told of it, and leaves it only with
 * the write of what became of it; the items of a lane are stored in order; what was stored once is not sent anew, at worst
 * the same bytes are stored again, which changes nothing.
 */
import { type AccountId, days, type Millis, millis, minutes, type RandomBytes, seconds } from '@starling/protocol'
import { backoff, type Clock, type Logger, MutableObservable, type Observable, type TaskGroup } from '@starling/runtime'
import type { ConversationId, DeliveryFailure } from '../api.ts'
import type { NetworkTime } from '../network-time.ts'
import type { Paths } from '../paths/paths.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import { StoreError } from '../store/store-error.ts'
import { TABLES } from '../store/tables.ts'
import { RequestError } from '../swarm/request-error.ts'
import { WakeUp } from '../wake-up.ts'
import { Gate } from './gate.ts'
import type { MessageBook } from './message-book.ts'
import type { MessagePlace } from './message-place.ts'
import { deleteOutboxItem, type OutboxItem, putOutboxItem, readOutboxItem } from './outbox-record.ts'
import type { OwnSwarm } from './own-swarm.ts'
import type { SeenMessages } from './seen-messages.ts'
import { Spreading } from './spreading.ts'
import type { MessageStorage, StoredOn } from './store-message.ts'

const RETRY_BASE = seconds(1)
const RETRY_LIMIT = minutes(5)
const LIFETIME = days(14)
const LANES_AT_ONCE = 8
/** What waits in a lane goes with one request; more would have the first of them wait for the last. */
const ITEMS_AT_ONCE = 16
const BYTES_AT_ONCE = 100_000
const PAGE = 500

export type SyncCopy = { readonly data: Uint8Array; readonly ttl: Millis }

export type OutboxOptions = {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly logger: Logger
  readonly store: SealedStore
  readonly book: MessageBook
  readonly storage: MessageStorage
  readonly paths: Paths
  readonly time: NetworkTime
  readonly tasks: TaskGroup
  readonly self: AccountId
  readonly seen: SeenMessages
  readonly ownSwarm: OwnSwarm
  /** The copy of a message for our other devices. */
  readonly buildSyncCopy: (place: MessagePlace) => Promise<SyncCopy | undefined>
}

export class Outbox {
  readonly #options: OutboxOptions
  readonly #gate = new Gate(LANES_AT_ONCE)
  readonly #lanes = new Map<string, { readonly items: OutboxItem[]; readonly wakeUp: WakeUp }>()
  readonly #size = new MutableObservable(0)
  readonly #spreading: Spreading
  #nextOrder = 0

  constructor(options: OutboxOptions) {
    this.#options = options
    this.#spreading = new Spreading(options)
  }

  /** How many items wait. */
  get size(): Observable<number> {
    return this.#size
  }

  /** What was waiting when the client was last closed. Starts to send. */
  async load(): Promise<void> {
    let from = new Uint8Array()
    for (;;) {
      const page = await this.#options.store.list({ table: TABLES.outbox, partition: '', from, limit: PAGE })
      for (const { value } of page) this.submit(readOutboxItem(value))
      const last = page.at(-1)
      if (last === undefined || page.length < PAGE) return
      from = Uint8Array.from([...last.sort, 0])
    }
  }

  /** A place in the order for an item that will be written and then submitted. */
  takeOrder(): number {
    return this.#nextOrder++
  }

  /** The item is on the disk: send it when its turn comes. */
  submit(item: OutboxItem): void {
    this.#nextOrder = Math.max(this.#nextOrder, item.order + 1)
    const key = laneOf(item)
    const lane = this.#lanes.get(key)
    this.#size.update((size) => size + 1)
    if (lane !== undefined) {
      lane.items.push(item)
      return
    }
    this.#lanes.set(key, { items: [item], wakeUp: new WakeUp(this.#options.clock) })
    this.#options.tasks.run('outbox', (signal) => this.#runLane(key, signal))
  }

  /** Nobody waits any longer for the next attempt: the network is back. */
  wake(): void {
    for (const { wakeUp } of this.#lanes.values()) wakeUp.wake()
  }

  /** Messages that wait for their first receipt. */
  waiting(): readonly MessagePlace[] {
    return [...this.#lanes.values()].flatMap(({ items }) => items.filter(({ kind }) => kind === 'message').map(placeOf))
  }

  /** Takes a message out before it was stored; what to write for that. */
  cancel(place: MessagePlace): readonly SealedChange[] {
    if (place.direction === 'incoming') return []
    const lane = this.#lanes.get(place.conversation)
    const found = lane?.items.filter((item) => item.kind === 'message' && item.sentAt === place.sentAt) ?? []
    for (const item of found) this.#remove(lane!.items, item)
    return found.map(deleteOutboxItem)
  }

  /** Takes out all messages of a conversation that were not stored, and an answer to it; what to write for that. */
  cancelAll(conversation: ConversationId): readonly SealedChange[] {
    const lane = this.#lanes.get(conversation)
    const found = lane?.items.filter(({ kind }) => kind === 'message' || kind === 'response') ?? []
    for (const item of found) this.#remove(lane!.items, item)
    return found.map(deleteOutboxItem)
  }

  async #runLane(key: string, signal: AbortSignal): Promise<void> {
    const lane = this.#lanes.get(key)!
    let failures = 0
    let most = ITEMS_AT_ONCE
    while (lane.items.length > 0) {
      await this.#options.paths.connected(signal)
      const { items, failure } = await this.#gate.run(() => this.#attempt(lane.items, most, signal))
      if (failure === undefined) {
        failures = 0
        most = Math.min(2 * most, ITEMS_AT_ONCE)
        continue
      }
      // One of them may be what is wrong, or all together too much for this line.
      most = 1
      const [first] = items
      const reason = first && this.#reasonToGiveUp(first, failure)
      if (reason !== undefined && items.length > 1) continue
      if (first !== undefined && reason !== undefined) {
        await this.#giveUp(first, reason)
        this.#remove(lane.items, first)
        continue
      }
      this.#options.logger.debug('outbox.attempt_failed', { code: failure.code, attempt: failures })
      await lane.wakeUp.sleep(this.#delay(failures++), signal)
    }
    this.#lanes.delete(key)
  }

  /** Unless it was taken out meanwhile. */
  #remove(items: OutboxItem[], item: OutboxItem): void {
    const at = items.indexOf(item)
    if (at < 0) return
    items.splice(at, 1)
    this.#size.update((size) => size - 1)
  }

  #delay(failures: number): Millis {
    // At least half a second, so that a refusal at once does not become a storm.
    const jitter = backoff({ attempt: failures, base: RETRY_BASE, limit: RETRY_LIMIT, random: this.#options.random })
    return millis(Math.max(500, jitter))
  }

  /** Tries the first of those that wait, and up to `most` together; takes out of `waiting` what is done. */
  async #attempt(
    waiting: OutboxItem[],
    most: number,
    signal: AbortSignal,
  ): Promise<{ readonly items: readonly OutboxItem[]; readonly failure?: RequestError | StoreError }> {
    const items = together(waiting, most)
    const [first] = items
    try {
      if (first?.kind === 'swarm') await this.#change(first, signal)
      const stored = first?.kind === 'swarm' ? [] : await this.#options.storage.storeAll(items, signal)
      for (const [i, item] of items.entries()) {
        if (stored[i] !== undefined) await this.#succeed(item, stored[i])
        this.#remove(waiting, item)
      }
      return { items }
    } catch (failure) {
      // A full disk, too: nothing is lost, and room may come.
      if (failure instanceof RequestError || failure instanceof StoreError) return { items, failure }
      throw failure
    }
  }

  /** What is lost with the power is done again, and changes nothing: so with all that succeeds. */
  async #change(item: OutboxItem, signal: AbortSignal): Promise<void> {
    if (item.job !== undefined) await this.#options.ownSwarm.change(item.job, signal)
    await this.#options.store.write([deleteOutboxItem(item)], { durability: 'relaxed' })
  }

  async #succeed(item: OutboxItem, stored: StoredOn): Promise<void> {
    const { book, store, storage, self, seen, time } = this.#options
    const isMessage = item.kind === 'message' && !this.#isGone(item)
    const copy = isMessage || item.kind === 'control' ? await this.#copyOf(item) : undefined
    const own = item.owner === self ? item : copy
    const hash = own && storage.hashOf(self, own.data)
    const others = [
      deleteOutboxItem(item),
      ...(copy ? [putOutboxItem(copy)] : []),
      // What comes back to us from our own swarm is nothing new.
      ...(hash ? seen.mark(hash, time.now(), time.now()) : []),
    ]
    if (isMessage) {
      const delivery = { kind: 'stored', on: stored.on.length, of: stored.of } as const
      await book.exclusively(() => book.setDelivery(placeOf(item), delivery, { others, hash }))
      this.#spreading.begin(placeOf(item), item, stored)
    } else await store.write(others, { durability: 'relaxed' })
    if (copy !== undefined) this.submit(copy)
  }

  #isGone(item: OutboxItem): boolean {
    return !this.#lanes.get(laneOf(item))?.items.includes(item)
  }

  /** For our other devices, after it was stored for the recipient. */
  async #copyOf(item: OutboxItem): Promise<OutboxItem | undefined> {
    const { self, time, buildSyncCopy } = this.#options
    if (item.owner === self) return undefined
    const made = item.copy && { data: item.copy, ttl: item.copyTtl }
    const found = item.kind === 'message' ? await buildSyncCopy(placeOf(item)) : made
    if (found === undefined) return undefined
    const { conversation, sentAt } = item
    const queuedAt = time.now()
    return { kind: 'syncCopy', order: this.takeOrder(), conversation, sentAt, owner: self, queuedAt, ...found }
  }

  #reasonToGiveUp(item: OutboxItem, failure: RequestError | StoreError): DeliveryFailure | undefined {
    if (failure.code === 'refused' || failure.code === 'too_large') return failure.code
    return this.#options.time.now() - item.queuedAt > LIFETIME ? 'expired' : undefined
  }

  async #giveUp(item: OutboxItem, reason: DeliveryFailure): Promise<void> {
    const { book, store, logger } = this.#options
    logger.info('outbox.given_up', { kind: item.kind, reason })
    const change = deleteOutboxItem(item)
    if (item.kind !== 'message') await store.write([change])
    else await book.exclusively(() => book.setDelivery(placeOf(item), { kind: 'failed', reason }, { others: [change] }))
  }
}

/** The first, and those behind it that are for the same swarm. */
function together(waiting: readonly OutboxItem[], most: number): readonly OutboxItem[] {
  const [first] = waiting
  if (first === undefined || first.kind === 'swarm') return waiting.slice(0, 1)
  let sizeBytes = 0
  const isTooMuch = (item: OutboxItem) => {
    sizeBytes += item.data.length
    return item !== first && (item.owner !== first.owner || sizeBytes > BYTES_AT_ONCE)
  }
  const end = waiting.findIndex(isTooMuch)
  return waiting.slice(0, Math.min(most, end < 0 ? waiting.length : end))
}

/** A conversation's messages keep their order; the copies for our own devices are a lane of their own, and so is what changes the own swarm. */
function laneOf(item: OutboxItem): string {
  if (item.kind === 'swarm') return 'swarm'
  return item.kind === 'syncCopy' ? 'sync' : item.conversation
}

function placeOf({ conversation, sentAt }: Pick<OutboxItem, 'conversation' | 'sentAt'>): MessagePlace {
  return { conversation, sentAt, direction: 'outgoing' }
}
