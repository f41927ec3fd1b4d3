/** Deleting messages from this device, from all of ours, or for everyone. docs/protocol/conversations.md §2. */
import { type AccountId, type MessageHash, parseAccountId } from '@starling/protocol'
import type { DeletionScope, MessageId } from '../api.ts'
import { ActionError } from '../client-error.ts'
import type { EventLog } from '../messages/event-log.ts'
import type { MessageBook } from '../messages/message-book.ts'
import { type MessagePlace, parseMessageId } from '../messages/message-place.ts'
import type { MessageRecord } from '../messages/message-record.ts'
import type { Outbox } from '../messages/outbox.ts'
import type { OutboxItem } from '../messages/outbox-record.ts'
import type { Timestamps } from '../messages/timestamps.ts'
import type { SealedChange } from '../store/sealed-store.ts'
import type { Outgoing } from './outgoing.ts'

export type DeletionsOptions = {
  readonly self: AccountId
  readonly book: MessageBook
  readonly outbox: Outbox
  readonly outgoing: Outgoing
  readonly timestamps: Timestamps
  readonly events: EventLog
}

export class Deletions {
  readonly #options: DeletionsOptions

  constructor(options: DeletionsOptions) {
    this.#options = options
  }

  /** @throws {ActionError} `not_own_message`, before anything is deleted */
  async delete(messages: readonly MessageId[], scope: DeletionScope): Promise<void> {
    const places = messages.map(parseMessageId)
    if (scope === 'everyone' && places.some(({ direction }) => direction === 'incoming')) {
      throw new ActionError('not_own_message')
    }
    for (const [, group] of Map.groupBy(places, ({ conversation }) => conversation)) {
      await this.#options.book.exclusively(() => this.#delete(group, scope))
    }
    this.#options.events.note('thisDevice', `message.deleted_${scope}`, messages.length)
  }

  /** Messages of one conversation. Only inside `exclusively`. */
  async #delete(places: readonly MessagePlace[], scope: DeletionScope): Promise<void> {
    const { book, outbox, outgoing, self, timestamps } = this.#options
    const isNote = places[0]?.conversation === (self as string)
    const items: OutboxItem[] = []
    const hashes: MessageHash[] = []
    const cancelled: SealedChange[] = []
    const kept: MessagePlace[] = []
    const removed: MessagePlace[] = []
    for (const place of places) {
      const message = await book.get(place)
      if (message === undefined) continue
      cancelled.push(...outbox.cancel(place))
      // What never left this device leaves no trace. What waits may be on its way just now: they are asked to delete it.
      const state = message.delivery?.kind
      const hasLeft = state !== 'failed' && state !== 'queued'
      const keepsPlace = scope === 'everyone' && !isNote && hasLeft
      ;(keepsPlace ? kept : removed).push(place)
      if (scope === 'thisDevice' || state === 'failed') continue
      hashes.push(...(message.hashes ?? []))
      items.push(this.#unsend(place, message, scope))
    }
    if (hashes.length > 0) items.push(outgoing.job({ kind: 'delete', hashes }))
    const others = items.length > 0 ? [...cancelled, timestamps.put()] : cancelled
    const first = { others, items }
    if (kept.length > 0) await book.deleteMessages(kept, { keepsPlace: true, ...first })
    if (removed.length > 0) await book.deleteMessages(removed, kept.length > 0 ? {} : first)
  }

  #unsend(place: MessagePlace, { author, sentAt }: MessageRecord, scope: DeletionScope): OutboxItem {
    const { outgoing, timestamps } = this.#options
    return outgoing.control({
      conversation: parseAccountId(place.conversation),
      draft: { kind: 'unsend', target: { author, sentAt } },
      sentAt: timestamps.next(),
      isOwn: scope === 'myDevices',
    })
  }
}
