/**
 * Brings what no longer belongs here to where it belongs: items whose owner is of another swarm are offered to every member
 * of that swarm, those that are missing there transferred, and forgotten here as soon as every member has them. Nothing
 * about it is stored: what lies here and the directory say what is to be done.
 */
import {
  type Descriptor,
  type DirectoryView,
  MAX_ITEMS,
  type MessageHash,
  millis,
  minutes,
  type NodeId,
  type Owner,
  ownerBytes,
  type RandomBytes,
  type RecordId,
  type Swarm,
  seconds,
  toHex,
} from '@starling/protocol'
import { type Logger, type Observable, randomInteger } from '@starling/runtime'
import type { HandOverStatus } from '../node-status.ts'
import { readItems } from './items.ts'
import type { BucketItem, NodeStore } from './node-store.ts'
import { type OfferOptions, offerTo } from './offer.ts'
import { survive } from './survive.ts'
import { assignmentOf, isWhollyOf } from './swarm-arc.ts'
import { Waker } from './waker.ts'

const INTERVAL = minutes(5)
const JITTER = seconds(60)
/** While something is left, and after a change of the directory: members take up the new one at different times. */
const SOON = seconds(15)
const ROUNDS_AFTER_CHANGE = 2
/** Items that are read at a time, to be dropped by name. */
const READ_AT_ONCE = 64

export type HandOverOptions = OfferOptions & {
  readonly nodeId: NodeId
  readonly random: RandomBytes
  readonly logger: Logger
  readonly store: NodeStore
  readonly view: Observable<DirectoryView | undefined>
}

export class HandOver {
  readonly #options: HandOverOptions
  readonly #waker: Waker
  #roundsToCome = 0
  #status: HandOverStatus = { remaining: 0, handedOver: 0, lastRound: undefined }

  constructor(options: HandOverOptions) {
    this.#options = options
    this.#waker = new Waker(options.clock)
  }

  get status(): HandOverStatus {
    return this.#status
  }

  /** Runs until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { view, logger, random } = this.#options
    let assignment = ''
    const stop = view.subscribe((directory) => {
      const now = directory ? assignmentOf(directory) : ''
      if (now === assignment) return
      assignment = now
      this.#roundsToCome = ROUNDS_AFTER_CHANGE
      this.#waker.wake()
    })
    try {
      while (!signal.aborted) {
        this.#waker.arm()
        this.#roundsToCome--
        let isDone = false
        await survive(logger, signal, async () => {
          isDone = await this.#round(signal)
        })
        const isSoon = !isDone || this.#roundsToCome > 0
        await this.#waker.rest(isSoon ? SOON : millis(INTERVAL - JITTER + randomInteger(random, 2 * JITTER)), signal)
      }
    } finally {
      stop()
    }
  }

  /** True if nothing is left. */
  async #round(signal: AbortSignal): Promise<boolean> {
    const { view, store, clock, logger } = this.#options
    const directory = view.snapshot
    if (!directory) return true
    const before = this.#status.handedOver
    let remaining = 0
    for (const bucket of (await store.digests()).keys()) {
      if (this.#isAllOurs(directory, bucket)) continue
      remaining += await this.#handOver(directory, bucket, signal)
    }
    const count = this.#status.handedOver - before
    this.#status = { ...this.#status, remaining, lastRound: clock.now() }
    if (count > 0) logger.info('hand_over.done', { count, remaining })
    return remaining === 0
  }

  #isAllOurs(directory: DirectoryView, bucket: number): boolean {
    const own = directory.nodes.get(this.#options.nodeId)?.swarmId
    return own !== undefined && isWhollyOf(directory, own, bucket)
  }

  /** What is left of the bucket. */
  async #handOver(directory: DirectoryView, bucket: number, signal: AbortSignal): Promise<number> {
    const { store } = this.#options
    let remaining = 0
    for (let after: Uint8Array | undefined, isLast = false; !isLast; ) {
      const page = await store.itemsIn(bucket, { ...(after && { after }), limit: MAX_ITEMS })
      for (const [swarm, items] of this.#foreign(directory, page)) {
        remaining += items.length - (await this.#handOverTo(directory, swarm, bucket, items, signal))
      }
      isLast = page.length < MAX_ITEMS
      after = page.at(-1)?.id
    }
    return remaining
  }

  #foreign(directory: DirectoryView, items: readonly BucketItem[]): ReadonlyMap<Swarm, readonly BucketItem[]> {
    const own = directory.nodes.get(this.#options.nodeId)?.swarmId
    const bySwarm = new Map<Swarm, BucketItem[]>()
    for (const item of items) {
      const swarm = directory.swarmOf(ownerBytes(item.owner).subarray(1))
      if (swarm === undefined || swarm.id === own) continue
      const others = bySwarm.get(swarm)
      if (others) others.push(item)
      else bySwarm.set(swarm, [item])
    }
    return bySwarm
  }

  /** How many of them are gone from here. */
  async #handOverTo(
    directory: DirectoryView,
    swarm: Swarm,
    bucket: number,
    items: readonly BucketItem[],
    signal: AbortSignal,
  ): Promise<number> {
    const members = swarm.members.map(({ descriptor }): Descriptor => descriptor)
    const held = await Promise.all(members.map((member) => offerTo(this.#options, { member, bucket, items }, signal)))
    const done = items.filter(({ id }) => held.every((ids) => ids.has(toHex(id))))
    // Another directory may have made them ours again meanwhile.
    if (done.length === 0 || this.#options.view.snapshot !== directory) return 0
    await this.#forget(bucket, done)
    this.#status = { ...this.#status, handedOver: this.#status.handedOver + done.length }
    return done.length
  }

  async #forget(bucket: number, items: readonly BucketItem[]): Promise<void> {
    const { store } = this.#options
    for (let at = 0; at < items.length; at += READ_AT_ONCE) {
      const ids = items.slice(at, at + READ_AT_ONCE).map(({ id }) => id)
      const byOwner = new Map<Owner, { hashes: MessageHash[]; records: RecordId[] }>()
      for (const { owner, name } of await readItems(store, bucket, ids)) {
        const names = byOwner.get(owner) ?? { hashes: [], records: [] }
        byOwner.set(owner, names)
        if (name.kind === 'message') names.hashes.push(name.hash)
        else names.records.push(name.id)
      }
      await Promise.all([...byOwner].map(([owner, names]) => store.forget(owner, names)))
    }
  }
}
