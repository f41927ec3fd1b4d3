/** Reading a conversation in pages. */
import type { ConversationId, MessageView } from '../api.ts'
import { TABLES } from '../store/tables.ts'
import type { BookCore } from './book-core.ts'
import { type MessagePlace, messageSort, placeOfSort } from './message-place.ts'
import { messageRecord } from './message-record.ts'

export type HistoryPage = { readonly messages: readonly MessageView[]; readonly isLast: boolean }
export type PageRange = { readonly after?: MessagePlace; readonly before?: MessagePlace; readonly limit: number }

/** Up to `limit` messages after `after`, or before `before`, oldest first. */
export async function readPage(core: BookCore, id: ConversationId, range: PageRange): Promise<HistoryPage> {
  const { after, before, limit } = range
  const found = await core.options.store.list({
    table: TABLES.messages,
    partition: id,
    ...(after && { from: Uint8Array.from([...messageSort(after), 0]) }),
    ...(before && { to: messageSort(before) }),
    limit: limit + 1,
    reverse: after === undefined,
  })
  const isLast = found.length <= limit
  const views: MessageView[] = []
  for (const { value } of found.slice(0, limit)) views.push(await core.view(id, messageRecord.decode(value)))
  return { messages: after === undefined ? views.reverse() : views, isLast }
}

export async function firstUnread(core: BookCore, id: ConversationId): Promise<MessagePlace | undefined> {
  const [first] = await core.options.store.list({ table: TABLES.unread, partition: id, limit: 1 })
  return first && placeOfSort(id, first.sort)
}
