/** Asks members that did not sign for a message again, a few times: the count that people see grows. */
import { minutes, type NodeId, seconds } from '@starling/protocol'
import type { Clock, TaskGroup } from '@starling/runtime'
import { RequestError } from '../swarm/request-error.ts'
import type { MessageBook } from './message-book.ts'
import type { MessagePlace } from './message-place.ts'
import type { Deposit, MessageStorage, StoredOn } from './store-message.ts'

/** When they are asked; nodes do the same among themselves. */
const DELAYS = [seconds(2), seconds(10), minutes(1)]
const AT_ONCE = 20

export type SpreadingOptions = {
  readonly clock: Clock
  readonly book: MessageBook
  readonly storage: MessageStorage
  readonly tasks: TaskGroup
}

export class Spreading {
  readonly #options: SpreadingOptions
  #underWay = 0

  constructor(options: SpreadingOptions) {
    this.#options = options
  }

  /** Not if all have it, nor if much of this is under way: it is a nicety. */
  begin(place: MessagePlace, deposit: Deposit, stored: StoredOn): void {
    if (stored.missing.length === 0 || this.#underWay >= AT_ONCE) return
    this.#underWay++
    this.#options.tasks.run('spread', async (signal) => {
      try {
        await this.#untilDone(place, deposit, stored, signal)
      } finally {
        this.#underWay--
      }
    })
  }

  async #untilDone(place: MessagePlace, deposit: Deposit, first: StoredOn, signal: AbortSignal): Promise<void> {
    const { book, clock } = this.#options
    const on = new Set<NodeId>(first.on)
    for (const delay of DELAYS) {
      await clock.sleep(delay, { signal })
      for (const member of first.missing.filter(({ descriptor }) => !on.has(descriptor.nodeId))) {
        const more = await this.#storeWith(member, deposit, signal)
        if (more === undefined) continue
        const before = on.size
        for (const node of more.on) on.add(node)
        if (on.size === before) continue
        const delivery = { kind: 'stored', on: Math.min(on.size, more.of), of: more.of } as const
        await book.exclusively(() => book.setDelivery(place, delivery))
      }
      if (first.missing.every(({ descriptor }) => on.has(descriptor.nodeId))) return
    }
  }

  async #storeWith(
    member: StoredOn['missing'][number],
    deposit: Deposit,
    signal: AbortSignal,
  ): Promise<StoredOn | undefined> {
    try {
      return await this.#options.storage.storeWith(member, deposit, signal)
    } catch (error) {
      if (error instanceof RequestError) return undefined
      throw error
    }
  }
}
