/** What waits to be done in a swarm. It holds the sealed bytes, so that every attempt stores the same message. */
import {
  type AccountId,
  fromBase64,
  type MessageHash,
  type Millis,
  millis,
  toBase64,
  type UnixMillis,
} from '@starling/protocol'
import * as z from 'zod/mini'
import type { ConversationId } from '../api.ts'
import type { SealedChange } from '../store/sealed-store.ts'
import { numberSort } from '../store/sort-key.ts'
import { TABLES } from '../store/tables.ts'
import { accountIdSchema, hashSchema, timeSchema } from './record-fields.ts'
import { versionedRecord } from './versioned-record.ts'

/** A change of what the own swarm holds. `shorten`: it goes at `until`, if it would not go earlier. */
export type SwarmJob =
  | { readonly kind: 'delete'; readonly hashes: readonly MessageHash[] }
  | { readonly kind: 'shorten'; readonly hashes: readonly MessageHash[]; readonly until: UnixMillis }

export type OutboxItem = {
  /** Place in the order of sending. */
  readonly order: number
  /**
   * `message`: what shows in a conversation; in Note to Self it goes to the own swarm. `syncCopy`: the same for our other
   * devices, after it was stored for the recipient. `response`: tells a stranger that we accept their messages. `control`:
   * reactions, receipts and the like. `swarm`: no message, but a `job`.
   */
  readonly kind: 'message' | 'syncCopy' | 'response' | 'control' | 'swarm'
  /** With `sentAt` the place of the message. */
  readonly conversation: ConversationId
  readonly sentAt: UnixMillis
  /** Whose swarm stores it. */
  readonly owner: AccountId
  readonly data: Uint8Array
  /** How long swarms keep it; 14 days, if left out. */
  readonly ttl?: Millis | undefined
  /** Of `control`: for our other devices, once it was stored. */
  readonly copy?: Uint8Array | undefined
  readonly copyTtl?: Millis | undefined
  readonly job?: SwarmJob | undefined
  /** When it was handed in; after 14 days it is given up. */
  readonly queuedAt: UnixMillis
}

const ttlSchema = z.pipe(z.number(), z.transform(millis))
const hashList = z.array(hashSchema)
const jobSchema = z.union([
  z.object({ kind: z.literal('delete'), hashes: hashList }),
  z.object({ kind: z.literal('shorten'), hashes: hashList, until: timeSchema }),
]) as z.ZodMiniType<SwarmJob>

const stored = versionedRecord(
  2,
  z.object({
    order: z.int(),
    kind: z.enum(['message', 'syncCopy', 'response', 'control', 'swarm']),
    conversation: accountIdSchema,
    sentAt: timeSchema,
    owner: accountIdSchema,
    data: z.string(),
    ttl: z.optional(ttlSchema),
    copy: z.optional(z.string()),
    copyTtl: z.optional(ttlSchema),
    job: z.optional(jobSchema),
    queuedAt: timeSchema,
  }),
)

export function putOutboxItem(item: OutboxItem): SealedChange {
  const { data, copy, ...rest } = item
  const conversation = item.conversation as string as AccountId
  const value = stored.encode({ ...rest, conversation, data: toBase64(data), copy: copy && toBase64(copy) })
  return { kind: 'put', name: nameOf(item), value }
}

export function deleteOutboxItem(item: Pick<OutboxItem, 'order'>): SealedChange {
  return { kind: 'delete', name: nameOf(item) }
}

export function readOutboxItem(value: Uint8Array): OutboxItem {
  const { conversation, data, copy, ...rest } = stored.decode(value)
  return {
    ...rest,
    conversation: conversation as string as ConversationId,
    data: fromBase64(data),
    copy: copy === undefined ? undefined : fromBase64(copy),
  }
}

function nameOf({ order }: Pick<OutboxItem, 'order'>): SealedChange['name'] {
  return { table: TABLES.outbox, partition: '', sort: numberSort(order) }
}
