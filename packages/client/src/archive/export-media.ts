/** Files of messages for the readable export: one at a time, under names that nobody else chose. docs/protocol/archive.md §5. */
import { MessengerError } from '@starling/protocol'
import type { ConversationId, ExportedFile, MessageId } from '../api.ts'
import type { AttachmentRecord } from '../messages/attachment-record.ts'
import { messageId, placeOf } from '../messages/message-place.ts'
import type { MessageRecord } from '../messages/message-record.ts'

/** @throws what `FileCalls.download` does */
export type DownloadFile = (message: MessageId, index: number, signal: AbortSignal) => Promise<Uint8Array>

/** Where a file is, or the code of why it is not. A hundred bytes or so for each file of one conversation. */
export type MediaOutcomes = Map<string, { readonly file: string } | { readonly missing: string }>

export type MediaOptions = {
  readonly conversation: ConversationId
  /** Without "/" at its end. */
  readonly folder: string
  readonly download: DownloadFile
  readonly signal: AbortSignal
  /** Is told of each file, before what comes after it is asked for. */
  readonly outcomes: MediaOutcomes
}

/** A file that cannot be had is no reason to stop. @throws the signal's reason */
export async function* exportMedia(
  messages: AsyncIterable<MessageRecord>,
  { conversation, folder, download, signal, outcomes }: MediaOptions,
): AsyncGenerator<ExportedFile> {
  let count = 0
  for await (const message of messages) {
    const id = messageId(placeOf(conversation, message))
    for (const [index, attachment] of (message.attachments ?? []).entries()) {
      const bytes = await downloaded(() => download(id, index, signal), signal)
      if (typeof bytes === 'string') {
        outcomes.set(mediaKey(id, index), { missing: bytes })
        continue
      }
      const path = `${folder}/${String(++count).padStart(4, '0')}.${endingOf(attachment)}`
      outcomes.set(mediaKey(id, index), { file: path })
      yield { path, content: once(bytes) }
    }
  }
}

export function mediaKey(message: MessageId, index: number): string {
  return `${message} ${index}`
}

/** The file, or the code of why it cannot be had. */
async function downloaded(download: () => Promise<Uint8Array>, signal: AbortSignal): Promise<Uint8Array | string> {
  signal.throwIfAborted()
  try {
    return await download()
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof MessengerError) return error.code
    throw error
  }
}

/** What nobody runs by opening it. Everything else is `bin`: names and types are the sender's word. */
const ENDINGS: ReadonlySet<string> = new Set([
  ...['jpg', 'jpeg', 'png', 'gif', 'webp', 'avif', 'heic', 'bmp', 'tiff'],
  ...['mp3', 'm4a', 'aac', 'ogg', 'oga', 'opus', 'wav', 'flac', 'mp4', 'm4v', 'mov', 'webm', 'mkv', 'ogv'],
  ...['pdf', 'txt', 'csv', 'json', 'odt', 'ods', 'odp', 'docx', 'xlsx', 'pptx', 'epub', 'zip', 'gz'],
])

function endingOf({ fileName = '', contentType = '' }: AttachmentRecord): string {
  const named = fileName.slice(fileName.lastIndexOf('.') + 1).toLowerCase()
  const typed = /^\w+\/(\w+)/.exec(contentType)?.[1]?.toLowerCase() ?? ''
  return [named, typed].find((ending) => ENDINGS.has(ending)) ?? 'bin'
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
