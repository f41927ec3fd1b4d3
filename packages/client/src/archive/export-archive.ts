/** What goes into an archive. docs/protocol/archive.md §3. */
import { fromUtf8, toBase64, type UnixMillis } from '@starling/protocol'
import type { ConversationId } from '../api.ts'
import { CONFIG_NAMES } from '../config/config-states.ts'
import { conversationRecord } from '../messages/conversation-record.ts'
import { type MessageRecord, messageRecord } from '../messages/message-record.ts'
import type { SealedStore } from '../store/sealed-store.ts'
import { TABLES } from '../store/tables.ts'
import type { ArchiveLine } from './archive-lines.ts'
import { readConversations, readMessages } from './read-store.ts'

export type ExportOptions = { readonly store: SealedStore; readonly now: UnixMillis; readonly signal: AbortSignal }

export async function* exportLines({ store, now, signal }: ExportOptions): AsyncGenerator<ArchiveLine> {
  const counts = { conversations: 0, messages: 0 }
  yield { kind: 'archive', madeAt: now }
  for (const kind of ['account', 'settings'] as const) {
    const record = await getSingleton(store, kind)
    if (record !== undefined) yield { kind, record: jsonOf(record) }
  }
  for (const name of CONFIG_NAMES) {
    const state = await getSingleton(store, name)
    if (state !== undefined) yield { kind: 'config', name, state: toBase64(state) }
  }
  for await (const conversation of readConversations(store)) {
    signal.throwIfAborted()
    counts.conversations++
    yield { kind: 'conversation', record: jsonOf(conversationRecord.encode(conversation)) }
    const id = conversation.account as string as ConversationId
    for await (const message of readMessages(store, id, now)) {
      signal.throwIfAborted()
      counts.messages++
      yield { kind: 'message', conversation: id, record: jsonOf(messageRecord.encode(settled(message))) }
    }
  }
  yield { kind: 'end', ...counts }
}

function getSingleton(store: SealedStore, partition: string): Promise<Uint8Array | undefined> {
  return store.get({ table: TABLES.singletons, partition, sort: new Uint8Array() })
}

function jsonOf(record: Uint8Array): unknown {
  return JSON.parse(fromUtf8(record))
}

/** What still waits here is sent by this device: on another one it would wait for ever, or go out twice. */
function settled(message: MessageRecord): MessageRecord {
  if (message.delivery?.kind !== 'queued') return message
  return { ...message, delivery: { kind: 'failed', reason: 'unreachable' } }
}
