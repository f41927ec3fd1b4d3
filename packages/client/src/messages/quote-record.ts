/** Which messages quote a message: those must be shown anew when it arrives, changes or goes. */
import { concatBytes } from '@starling/protocol'
import type { ConversationId } from '../api.ts'
import type { RecordName, SealedChange, SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'
import { type MessagePlace, messageSort, placeOf, placeOfSort, SORT_SIZE } from './message-place.ts'
import type { MessageRecord } from './message-record.ts'

/** More quotes of one message are shown anew when their conversation is opened again. */
const MAX_QUOTING = 100
const FIRST = new Uint8Array(SORT_SIZE)
const LAST = new Uint8Array(SORT_SIZE).fill(255)

export function putQuote(id: ConversationId, message: MessageRecord): SealedChange[] {
  const name = nameOf(id, message)
  return name === undefined ? [] : [{ kind: 'put', name, value: new Uint8Array() }]
}

export function deleteQuote(id: ConversationId, message: MessageRecord): SealedChange[] {
  const name = nameOf(id, message)
  return name === undefined ? [] : [{ kind: 'delete', name }]
}

export async function listQuoting(store: SealedStore, target: MessagePlace): Promise<readonly MessagePlace[]> {
  const sort = messageSort(target)
  const range = { from: concatBytes(sort, FIRST), to: concatBytes(sort, LAST), limit: MAX_QUOTING }
  const found = await store.list({ table: TABLES.quotes, partition: target.conversation, ...range })
  return found.map((entry) => placeOfSort(target.conversation, entry.sort.subarray(SORT_SIZE)))
}

function nameOf(id: ConversationId, message: MessageRecord): RecordName | undefined {
  const { quote, author } = message
  if (quote === undefined) return undefined
  // The quoted one is the author's own or the other side's: anybody else's is nowhere to be found.
  const isSameSide = quote.author === author
  const direction = isSameSide === (message.direction === 'outgoing') ? 'outgoing' : 'incoming'
  const target = messageSort({ sentAt: quote.sentAt, direction })
  return { table: TABLES.quotes, partition: id, sort: concatBytes(target, messageSort(placeOf(id, message))) }
}
