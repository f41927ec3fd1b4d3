/** What of a message can be searched for, and where it is read before the index has it. */
import type { ConversationId } from '../api.ts'
import type { TextSource } from '../search/search-index.ts'
import type { SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'
import type { ConversationIndex } from './conversation-index.ts'
import { messageSort, placeOf } from './message-place.ts'
import { type MessageRecord, messageRecord } from './message-record.ts'

/** Its text, and the names and captions of its files. '' if it has none. */
export function searchText({ body, attachments = [] }: Pick<MessageRecord, 'body' | 'attachments'>): string {
  const files = attachments.flatMap(({ fileName = '', caption = '' }) => [fileName, caption])
  return [body.kind === 'text' ? body.text : '', ...files].filter((part) => part !== '').join('\n')
}

export function storedTexts(store: SealedStore, index: ConversationIndex): TextSource {
  return {
    conversations: () => index.records().map(({ account }) => account as string as ConversationId),
    async page(conversation, { after, limit }) {
      const from = after && { from: Uint8Array.from([...messageSort(after), 0]) }
      const page = await store.list({ table: TABLES.messages, partition: conversation, limit, ...from })
      return page.map(({ value }) => {
        const message = messageRecord.decode(value)
        return { place: placeOf(conversation, message), text: searchText(message) }
      })
    },
  }
}
