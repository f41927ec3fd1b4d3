/** Everything for reading: JSON that people and programs understand without us. No keys are in it. */
import { utf8 } from '@starling/protocol'
import { getAccount } from '../account/account-record.ts'
import type { ConversationId, ExportedFile } from '../api.ts'
import type { ConversationRecord } from '../messages/conversation-record.ts'
import { messageId, placeOf } from '../messages/message-place.ts'
import type { MessageRecord } from '../messages/message-record.ts'
import type { ExportOptions } from './export-archive.ts'
import { type DownloadFile, exportMedia, type MediaOutcomes, mediaKey } from './export-media.ts'
import { readConversations, readMessages } from './read-store.ts'

export type ReadableExport = ExportOptions & {
  readonly self: string
  /** `undefined`: files of messages are only named. */
  readonly download: DownloadFile | undefined
}

export async function* exportFiles(options: ReadableExport): AsyncGenerator<ExportedFile> {
  const { store, now, signal, self, download } = options
  signal.throwIfAborted()
  const account = await getAccount(store)
  yield jsonFile('account.json', {
    accountId: self,
    displayName: account?.displayName,
    exportedAt: timeText(now),
  })
  const conversations: ConversationRecord[] = []
  for await (const conversation of readConversations(store)) conversations.push(conversation)
  yield jsonFile('conversations.json', conversations.map(readableConversation))
  for (const [index, { account: other }] of conversations.entries()) {
    signal.throwIfAborted()
    const id = other as string as ConversationId
    const media: MediaOutcomes = new Map()
    if (download !== undefined) {
      const folder = fileOf(index).replace('.json', '')
      yield* exportMedia(readMessages(store, id, now), { conversation: id, folder, download, signal, outcomes: media })
    }
    const toReadable = (message: MessageRecord) => readableMessage(message, id, media)
    yield { path: fileOf(index), content: jsonArray(readMessages(store, id, now), toReadable, signal) }
  }
}

function readableConversation(record: ConversationRecord, index: number): unknown {
  const { account, nickname, profileName, accepted, blocked, pinned, muted, draft, lastActivity } = record
  const file = fileOf(index)
  const lastActivityAt = timeText(lastActivity)
  return { accountId: account, nickname, profileName, accepted, blocked, pinned, muted, draft, lastActivityAt, file }
}

function readableMessage(message: MessageRecord, conversation: ConversationId, media: MediaOutcomes): unknown {
  const { author, direction, sentAt, body, delivery, deleted, quote, reactions, attachments, invitation } = message
  return {
    sentAt: timeText(sentAt),
    author,
    direction,
    ...(body.kind === 'text' ? { text: body.text } : { [body.kind]: body.kind === 'notice' ? body.notice : body.what }),
    delivery: delivery?.kind,
    deleted,
    quote: quote && { author: quote.author, sentAt: timeText(quote.sentAt) },
    reactions: reactions?.map(({ author: by, emoji }) => ({ author: by, emoji })),
    attachments: attachments?.map(({ fileName, contentType, size, caption }, index) => ({
      fileName,
      contentType,
      size,
      caption,
      ...media.get(mediaKey(messageId(placeOf(conversation, message)), index)),
    })),
    invitation,
  }
}

/** Numbered: names of people could not be file names everywhere, and account IDs say who they are to whoever sees the folder. */
function fileOf(index: number): string {
  return `conversations/${String(index + 1).padStart(4, '0')}.json`
}

function timeText(time: number): string {
  // The largest time that a date can have: what claims to be later was made up.
  return new Date(Math.min(time, 8.64e15)).toISOString()
}

function jsonFile(path: string, value: unknown): ExportedFile {
  const content = async function* () {
    yield utf8(`${JSON.stringify(value, undefined, 2)}\n`)
  }
  return { path, content: content() }
}

async function* jsonArray<T>(
  values: AsyncIterable<T>,
  toReadable: (value: T) => unknown,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let separator = '[\n'
  for await (const value of values) {
    signal.throwIfAborted()
    yield utf8(`${separator}  ${JSON.stringify(toReadable(value))}`)
    separator = ',\n'
  }
  yield utf8(separator === '[\n' ? '[]\n' : '\n]\n')
}
