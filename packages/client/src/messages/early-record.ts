/**
 * What came before the message that it is about: kept for as long as that one may still come, then merged into it. Merging
 * is commutative, associative and idempotent, so that the order of arrival does not matter.
 */
import { days, type UnixMillis, unixMillis } from '@starling/protocol'
import * as z from 'zod/mini'
import type { RecordName, SealedChange, SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'
import { laterOf, type ReceiptState } from './delivery-record.ts'
import { type MessagePlace, messageSort } from './message-place.ts'
import { mergeReactions, type ReactionRecord, reactionSchema } from './reaction-record.ts'
import { timeSchema } from './record-fields.ts'
import { versionedRecord } from './versioned-record.ts'

/** As long as swarms keep messages. */
const LIFETIME = days(14)

/** `placeholder`: its author took it back. `removed`: another device of ours deleted it for all of them. */
export type Unsent = 'placeholder' | 'removed'

export type Early = {
  readonly unsent?: Unsent | undefined
  readonly reactions?: readonly ReactionRecord[] | undefined
  readonly receipt?: ReceiptState | undefined
}

export type EarlyRecord = Early & { readonly until: UnixMillis }

const record = versionedRecord<EarlyRecord>(
  1,
  z.object({
    until: timeSchema,
    unsent: z.optional(z.enum(['placeholder', 'removed'])),
    reactions: z.optional(z.array(reactionSchema)),
    receipt: z.optional(z.enum(['delivered', 'read'])),
  }),
)

export function mergeEarly(a: Early, b: Early): Early {
  const unsent = a.unsent === 'removed' ? a.unsent : (b.unsent ?? a.unsent)
  const receipt = b.receipt === undefined ? a.receipt : laterOf(a.receipt, b.receipt)
  const reactions = mergeReactions(a.reactions, b.reactions)
  return {
    ...(unsent && { unsent }),
    ...(receipt && { receipt }),
    ...(reactions.length > 0 ? { reactions } : {}),
  }
}

export async function getEarly(store: SealedStore, place: MessagePlace): Promise<EarlyRecord | undefined> {
  const bytes = await store.get(nameOf(place))
  return bytes === undefined ? undefined : record.decode(bytes)
}

/** `now`: when it came. */
export function putEarly(
  place: MessagePlace,
  early: Early,
  now: UnixMillis,
): { change: SealedChange; until: UnixMillis } {
  const until = unixMillis(Math.floor(now) + LIFETIME)
  return { change: { kind: 'put', name: nameOf(place), value: record.encode({ ...early, until }) }, until }
}

export function deleteEarly(place: MessagePlace): SealedChange {
  return { kind: 'delete', name: nameOf(place) }
}

function nameOf(place: MessagePlace): RecordName {
  return { table: TABLES.early, partition: place.conversation, sort: messageSort(place) }
}
