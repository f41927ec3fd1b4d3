/** Everything that an archive takes, from the store: one thing after the other, a page at a time. */
import type { UnixMillis } from '@starling/protocol'
import type { ConversationId } from '../api.ts'
import { type ConversationRecord, conversationRecord } from '../messages/conversation-record.ts'
import { type MessageRecord, messageRecord } from '../messages/message-record.ts'
import type { SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'

const PAGE = 500

export async function* readConversations(store: SealedStore): AsyncGenerator<ConversationRecord> {
  for await (const value of readAll(store, TABLES.conversations, '')) yield conversationRecord.decode(value)
}

/** Oldest first; without those whose time is over. */
export async function* readMessages(
  store: SealedStore,
  conversation: ConversationId,
  now: UnixMillis,
): AsyncGenerator<MessageRecord> {
  for await (const value of readAll(store, TABLES.messages, conversation)) {
    const message = messageRecord.decode(value)
    if ((message.expiry?.deadline ?? Number.POSITIVE_INFINITY) > now) yield message
  }
}

async function* readAll(store: SealedStore, table: number, partition: string): AsyncGenerator<Uint8Array> {
  for (let from = new Uint8Array(); ; ) {
    const page = await store.list({ table, partition, from, limit: PAGE })
    for (const { value } of page) yield value
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return
    from = Uint8Array.from([...last.sort, 0])
  }
}
