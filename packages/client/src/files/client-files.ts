/** The calls about files that a client offers, over its ports. */
import type { Crypto, FilePointer, ProfilePicture, RandomBytes } from '@starling/protocol'
import type { FileCalls, FileOptions, PreviewOptions } from '../file-api.ts'
import type { MessageId, OutgoingAttachment, OutgoingPreview } from '../message-api.ts'
import { FileStorageError } from './file-error.ts'
import type { FileStorage } from './file-storage.ts'
import { Files, type OutgoingFile, type TransferOptions } from './files.ts'
import { LinkPreviews } from './link-previews.ts'
import type { PreviewFetcher } from './preview-fetcher.ts'

export type ClientFilesOptions = {
  readonly crypto: Crypto
  readonly random: RandomBytes
  readonly files?: FileStorage | undefined
  readonly previews?: PreviewFetcher | undefined
  /** Whether the person wants previews. */
  readonly makesPreviews: () => boolean
  /** @throws {ActionError} `unknown_message` */
  readonly attachment: (message: MessageId, index: number) => Promise<FilePointer>
  /** Aborts as well when the client ends. */
  readonly within: (signal: AbortSignal | undefined) => AbortSignal
}

export class ClientFiles implements FileCalls {
  readonly #options: ClientFilesOptions
  readonly #files: Files
  readonly #previews: LinkPreviews

  constructor(options: ClientFilesOptions) {
    this.#options = options
    this.#files = new Files({ ...options, storage: options.files })
    this.#previews = new LinkPreviews({ fetcher: options.previews, files: this.#files })
  }

  async upload(file: OutgoingFile, options: FileOptions = {}): Promise<OutgoingAttachment> {
    const { key, ...rest } = await this.#files.upload(file, this.#within(options))
    return { ...rest, key: key! } // an upload always has one
  }

  async uploadPicture(picture: Uint8Array, options: FileOptions = {}): Promise<ProfilePicture> {
    return this.#files.uploadPicture(picture, this.#within(options))
  }

  async download(message: MessageId, index: number, options: FileOptions = {}): Promise<Uint8Array> {
    const within = this.#within(options)
    return this.#files.download(await this.#options.attachment(message, index), within)
  }

  async downloadPicture(picture: ProfilePicture, options: FileOptions = {}): Promise<Uint8Array> {
    return this.#files.download(picture, this.#within(options))
  }

  async preview(
    text: string,
    { asked = false, ...options }: PreviewOptions = {},
  ): Promise<OutgoingPreview | undefined> {
    options.signal?.throwIfAborted()
    const link = asked || this.#options.makesPreviews() ? this.#previews.find(text) : undefined
    if (link === undefined) return undefined
    const made = await this.#previews.fetch(link, this.#within(options))
    if (made === undefined) return undefined
    const { image, ...rest } = made
    return image?.key === undefined ? rest : { ...rest, image: { ...image, key: image.key } }
  }

  #within(options: FileOptions): TransferOptions {
    options.signal?.throwIfAborted()
    return { ...options, signal: this.#options.within(options.signal) }
  }
}

/** Of a client that has no place for files and no way to pages. */
export function withoutFiles(): FileCalls {
  const fail = () => Promise.reject(new FileStorageError('files_unavailable'))
  return {
    upload: fail,
    uploadPicture: fail,
    download: fail,
    downloadPicture: fail,
    preview: async () => undefined,
  }
}
