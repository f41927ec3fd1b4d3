/**
 * What happens to a message at a time: it disappears, what came before it is given up, or the swarm is asked how long it keeps
 * it. An entry may be out of date: whoever takes it looks again.
 */
import type { AccountId, RandomBytes, UnixMillis } from '@starling/protocol'
import * as z from 'zod/mini'
import type { ConversationId } from '../api.ts'
import { jsonRecord } from '../store/json-record.ts'
import type { SealedChange, SealedStore } from '../store/sealed-store.ts'
import { numberSort, sortNumber } from '../store/sort-key.ts'
import { TABLES } from '../store/tables.ts'
import type { MessagePlace } from './message-place.ts'
import { accountIdSchema, directionSchema, timeSchema } from './record-fields.ts'

export type DueKind = 'expire' | 'forgetEarly' | 'learnExpiry'
/** Each is taken by somebody else. `learn`: by who can ask the swarm. */
export type DueQueue = 'clock' | 'learn'
export type Due = {
  readonly at: UnixMillis
  readonly kind: DueKind
  readonly place: MessagePlace
  readonly done: SealedChange
}

const PARTITIONS = { clock: '', learn: 'learn' } as const
/** Makes sort keys unique. */
const TAIL_SIZE = 8

const record = jsonRecord(
  z.object({
    kind: z.enum(['expire', 'forgetEarly', 'learnExpiry']),
    conversation: accountIdSchema,
    sentAt: timeSchema,
    direction: directionSchema,
  }),
)

export function putDue(
  random: RandomBytes,
  { at, kind, place }: { readonly at: UnixMillis; readonly kind: DueKind; readonly place: MessagePlace },
): SealedChange {
  const sort = numberSort(Math.floor(at), ...random(TAIL_SIZE))
  const value = record.encode({ kind, ...place, conversation: place.conversation as string as AccountId })
  return { kind: 'put', name: nameOf(queueOf(kind), sort), value }
}

export function queueOf(kind: DueKind): DueQueue {
  return kind === 'learnExpiry' ? 'learn' : 'clock'
}

/** The first ones, earliest first, whether their time has come or not. `done`: what to write when it is. */
export async function listDue(store: SealedStore, queue: DueQueue, limit: number): Promise<readonly Due[]> {
  const found = await store.list({ table: TABLES.due, partition: PARTITIONS[queue], limit })
  return found.map(({ sort, value }) => {
    const { kind, conversation, sentAt, direction } = record.decode(value)
    const place = { conversation: conversation as string as ConversationId, sentAt, direction }
    return { at: sortNumber(sort) as UnixMillis, kind, place, done: { kind: 'delete', name: nameOf(queue, sort) } }
  })
}

function nameOf(queue: DueQueue, sort: Uint8Array): SealedChange['name'] {
  return { table: TABLES.due, partition: PARTITIONS[queue], sort }
}
