/**
 * Keeps pictures on this device for as long as what they belong to is there. That one cannot be kept is no failure of whoever
 * wanted it: it is fetched again another time.
 */
import type { FilePointer } from '@starling/protocol'
import type { Logger } from '@starling/runtime'
import type { ConversationId, KeptUsage, MessageId } from '../api.ts'
import { attachmentOf, fileAt } from '../messages/attachment-record.ts'
import type { MessageBook } from '../messages/message-book.ts'
import { parseMessageId } from '../messages/message-place.ts'
import { StoreError } from '../store/store-error.ts'
import type { KeptFiles } from './kept-files.ts'
import type { UploadedFile } from './uploaded-files.ts'

export type FileKeeperOptions = {
  readonly book: Pick<MessageBook, 'exclusively' | 'get'>
  readonly kept: KeptFiles
  readonly logger: Logger
}

export class FileKeeper {
  readonly #options: FileKeeperOptions

  constructor(options: FileKeeperOptions) {
    this.#options = options
  }

  async get(pointer: FilePointer): Promise<Uint8Array | undefined> {
    const { book, kept } = this.#options
    return this.#try(async () => {
      const content = await kept.get(pointer)
      if (content !== undefined) await book.exclusively(() => kept.noteUse(pointer))
      return content
    })
  }

  /** A file of a message, unless that was deleted meanwhile. */
  async putOf(message: MessageId, index: number, content: Uint8Array): Promise<void> {
    const { book, kept } = this.#options
    const place = parseMessageId(message)
    await this.#try(() =>
      book.exclusively(async () => {
        const record = await book.get(place)
        const file = record && fileAt(record, index)
        if (file !== undefined) await kept.put(attachmentOf(file), content, place.conversation)
      }),
    )
  }

  /** Files of a message that was just written. */
  async putSent(conversation: ConversationId, files: readonly UploadedFile[]): Promise<void> {
    const { book, kept } = this.#options
    for (const { file, content } of files) {
      await this.#try(() => book.exclusively(() => kept.put(file, content, conversation)))
    }
  }

  /** A picture of a person. */
  async putPicture(picture: FilePointer, content: Uint8Array): Promise<void> {
    const { book, kept } = this.#options
    await this.#try(() => book.exclusively(() => kept.put(picture, content)))
  }

  /** @throws {StoreError} */
  usage(): Promise<KeptUsage> {
    return this.#options.kept.usage()
  }

  /** @throws {StoreError} */
  forgetAll(): Promise<void> {
    const { book, kept } = this.#options
    return book.exclusively(() => kept.forgetAll())
  }

  async #try<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      this.#options.logger.warn('files.not_kept', { code: error.code })
      return undefined
    }
  }
}
