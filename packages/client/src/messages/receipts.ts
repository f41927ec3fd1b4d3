/**
 * Tells contacts that we have, or have read, their messages. What is owed was written with what it is owed for; it is told a
 * moment later, so that what comes together is told together. Invariant: it is in the outbox with the same write that takes it
 * off what is owed.
 */
import { MAX_RECEIPT_TIMES, seconds, type UnixMillis } from '@starling/protocol'
import type { Clock, Logger } from '@starling/runtime'
import type { ConversationId, Settings } from '../api.ts'
import type { SealedChange } from '../store/sealed-store.ts'
import { StoreError } from '../store/store-error.ts'
import { WakeUp } from '../wake-up.ts'
import type { ConversationIndex } from './conversation-index.ts'
import { type ConversationRecord, isMutual, type ReceiptKind } from './conversation-record.ts'
import type { MessageBook } from './message-book.ts'
import type { OutboxItem } from './outbox-record.ts'

const BATCHED_FOR = seconds(1)
const RETRY = seconds(30)
const KINDS: readonly ReceiptKind[] = ['delivered', 'read']

export type ReceiptsOptions = {
  readonly clock: Clock
  readonly logger: Logger
  readonly book: MessageBook
  readonly index: ConversationIndex
  readonly settings: () => Settings
  /** The item, with what else is to be written for it. */
  readonly build: (
    conversation: ConversationRecord,
    kind: ReceiptKind,
    times: readonly UnixMillis[],
  ) => { readonly item: OutboxItem; readonly changes: readonly SealedChange[] }
}

export class Receipts {
  readonly #options: ReceiptsOptions
  readonly #owed = new Set<ConversationId>()
  readonly #wakeUp: WakeUp

  constructor(options: ReceiptsOptions) {
    this.#options = options
    this.#wakeUp = new WakeUp(options.clock)
  }

  /** Something is owed: it was written. */
  note(id: ConversationId): void {
    this.#owed.add(id)
    this.#wakeUp.wake()
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, index, logger } = this.#options
    for (const { account, owed } of index.records()) if (owed) this.note(account as string as ConversationId)
    while (!signal.aborted) {
      await this.#wakeUp.sleep(undefined, signal)
      await clock.sleep(BATCHED_FOR, { signal })
      for (const id of [...this.#owed]) {
        try {
          await this.#settle(id)
          this.#owed.delete(id)
        } catch (error) {
          if (!(error instanceof StoreError)) throw error
          logger.warn('receipts.failed', { code: error.code })
          await clock.sleep(RETRY, { signal })
          this.#wakeUp.wake()
        }
      }
    }
  }

  async #settle(id: ConversationId): Promise<void> {
    const { book, settings, build } = this.#options
    const items: OutboxItem[] = []
    const changes: SealedChange[] = []
    await book.exclusively(async () => {
      const record = book.conversation(id)
      if (record?.owed === undefined) return
      const { readReceipts: read, deliveryReceipts: delivered } = settings()
      const isOn = { read, delivered }
      for (const kind of KINDS) {
        // What was switched off meanwhile is not told.
        const times = isOn[kind] && isMutual(record) ? record.owed[kind] : []
        for (let from = 0; from < times.length; from += MAX_RECEIPT_TIMES) {
          const made = build(record, kind, times.slice(from, from + MAX_RECEIPT_TIMES))
          items.push(made.item)
          changes.push(...made.changes)
        }
      }
      await book.settle(record, { items, others: changes })
    })
  }
}
