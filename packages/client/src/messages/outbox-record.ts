/** What waits to be stored in a swarm. It holds the sealed bytes, so that every attempt stores the same message. */
import { type AccountId, fromBase64, toBase64, type UnixMillis } from '@starling/protocol'
import * as z from 'zod/mini'
import type { ConversationId } from '../api.ts'
import { jsonRecord } from '../store/json-record.ts'
import type { SealedChange } from '../store/sealed-store.ts'
import { numberSort } from '../store/sort-key.ts'
import { TABLES } from '../store/tables.ts'
import { accountIdSchema, timeSchema } from './message-record.ts'

export type OutboxItem = {
  /** Place in the order of sending. */
  readonly order: number
  /**
   * `message`: what a person wrote; in Note to Self it goes to the own swarm. `syncCopy`: the same for our other devices,
   * after it was stored for the recipient. `response`: tells a stranger that we accept their messages.
   */
  readonly kind: 'message' | 'syncCopy' | 'response'
  /** With `sentAt` the place of the message. */
  readonly conversation: ConversationId
  readonly sentAt: UnixMillis
  /** Whose swarm stores it. */
  readonly owner: AccountId
  readonly data: Uint8Array
  /** When it was handed in; after 14 days it is given up. */
  readonly queuedAt: UnixMillis
}

const stored = jsonRecord(
  z.object({
    order: z.int(),
    kind: z.enum(['message', 'syncCopy', 'response']),
    conversation: accountIdSchema,
    sentAt: timeSchema,
    owner: accountIdSchema,
    data: z.string(),
    queuedAt: timeSchema,
  }),
)

export function putOutboxItem(item: OutboxItem): SealedChange {
  const conversation = item.conversation as string as AccountId
  const value = stored.encode({ ...item, conversation, data: toBase64(item.data) })
  return { kind: 'put', name: nameOf(item), value }
}

export function deleteOutboxItem(item: Pick<OutboxItem, 'order'>): SealedChange {
  return { kind: 'delete', name: nameOf(item) }
}

export function readOutboxItem(value: Uint8Array): OutboxItem {
  const { conversation, data, ...rest } = stored.decode(value)
  return { ...rest, conversation: conversation as string as ConversationId, data: fromBase64(data) }
}

function nameOf({ order }: Pick<OutboxItem, 'order'>): SealedChange['name'] {
  return { table: TABLES.outbox, partition: '', sort: numberSort(order) }
}
