/** The calls about files that a client offers, over its ports. */
import type { Crypto, FilePointer, ProfilePicture, RandomBytes } from '@starling/protocol'
import type { DownloadOptions, FileCalls, FileOptions, KeptUsage, PreviewOptions } from '../file-api.ts'
import type { MessageId, OutgoingAttachment, OutgoingPreview } from '../message-api.ts'
import { FileStorageError } from './file-error.ts'
import type { FileKeeper } from './file-keeper.ts'
import type { FileStorage } from './file-storage.ts'
import { Files, type OutgoingFile, type TransferOptions } from './files.ts'
import { LinkPreviews } from './link-previews.ts'
import type { PreviewFetcher } from './preview-fetcher.ts'
import type { UploadedFiles } from './uploaded-files.ts'

export type ClientFilesOptions = {
  readonly crypto: Crypto
  readonly random: RandomBytes
  readonly files?: FileStorage | undefined
  readonly previews?: PreviewFetcher | undefined
  /** Whether the person wants previews. */
  readonly makesPreviews: () => boolean
  /** @throws {ActionError} `unknown_message` */
  readonly attachment: (message: MessageId, index: number) => Promise<FilePointer & Pick<OutgoingFile, 'contentType'>>
  /** `undefined`: there is no account, and nothing is kept. */
  readonly keeper: () => FileKeeper | undefined
  readonly uploaded: UploadedFiles
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
    const within = this.#within(options)
    // A copy: the caller's bytes may change.
    const content = isKept(file) ? file.bytes.slice() : undefined
    const { key, ...rest } = await this.#files.upload(file, within)
    const uploaded = { ...rest, key: key! } // an upload always has one
    if (content !== undefined) this.#options.uploaded.hold({ file: uploaded, content })
    return uploaded
  }

  async uploadPicture(picture: Uint8Array, options: FileOptions = {}): Promise<ProfilePicture> {
    return this.#files.uploadPicture(picture, this.#within(options))
  }

  async download(
    message: MessageId,
    index: number,
    { keeps = true, ...options }: DownloadOptions = {},
  ): Promise<Uint8Array> {
    const within = this.#within(options)
    const file = await this.#options.attachment(message, index)
    const keeper = isKept(file) ? this.#options.keeper() : undefined
    const keep = async (content: Uint8Array) => {
      if (keeps) await keeper?.putOf(message, index, content)
    }
    return this.#fetch(file, within, keeper, keep)
  }

  async downloadPicture(picture: ProfilePicture, options: FileOptions = {}): Promise<Uint8Array> {
    const keeper = this.#options.keeper()
    return this.#fetch(picture, this.#within(options), keeper, (content) => keeper?.putPicture(picture, content))
  }

  async kept(message: MessageId, index: number, options: FileOptions = {}): Promise<Uint8Array | undefined> {
    const { signal } = this.#within(options)
    const content = await this.#options.keeper()?.get(await this.#options.attachment(message, index))
    signal.throwIfAborted()
    return content
  }

  async keptUsage(options: FileOptions = {}): Promise<KeptUsage> {
    options.signal?.throwIfAborted()
    return (await this.#options.keeper()?.usage()) ?? { files: 0, bytes: 0 }
  }

  async forgetKept(options: FileOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    await this.#options.keeper()?.forgetAll()
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

  /** From this device if it has it, else from where it lies. */
  async #fetch(
    file: FilePointer,
    within: TransferOptions,
    keeper: FileKeeper | undefined,
    keep: (content: Uint8Array) => Promise<void> | undefined,
  ): Promise<Uint8Array> {
    const kept = await keeper?.get(file)
    within.signal.throwIfAborted()
    if (kept !== undefined) return kept
    const content = await this.#files.download(file, within)
    await keep(content)
    return content
  }

  #within(options: FileOptions): TransferOptions {
    options.signal?.throwIfAborted()
    return { ...options, signal: this.#options.within(options.signal) }
  }
}

/** Pictures, by their sender's word: other files are saved by whoever wants them again. */
function isKept({ contentType }: Pick<OutgoingFile, 'contentType'>): boolean {
  return contentType !== undefined && /^image\//i.test(contentType)
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
    kept: async () => undefined,
    keptUsage: async () => ({ files: 0, bytes: 0 }),
    forgetKept: async () => {},
  }
}
