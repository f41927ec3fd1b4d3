/**
 * Files on their way: encrypted and uploaded, which gives what a message points to them by; downloaded, verified and decrypted.
 * Holds a file once or twice in memory, 10,000,000 bytes each. docs/protocol/attachment.md §6.
 */
import {
  type Attachment,
  type Crypto,
  type FileFormat,
  type FilePointer,
  formatOf,
  joinBytes,
  MAX_BLOB_BYTES,
  MAX_FILE_BYTES,
  MalformedInputError,
  openFile,
  type ProfilePicture,
  type RandomBytes,
  StreamOpener,
  sealLegacyAttachment,
  sealLegacyPicture,
} from '@starling/protocol'
import { FileError, FileStorageError } from './file-error.ts'
import type { FileStorage } from './file-storage.ts'

/** A file to be sent. Bytes are read during the call, and not kept. At most 10,000,000 of them. */
export type OutgoingFile = Omit<Attachment, 'url' | 'key' | 'digest' | 'size' | 'isVoice'> & {
  readonly bytes: Uint8Array
  readonly isVoice?: boolean
}

export type TransferOptions = {
  readonly signal: AbortSignal
  /** Bytes of the encrypted file that went through so far; `total` where it is known. */
  readonly onProgress?: ((progress: { readonly bytes: number; readonly total?: number }) => void) | undefined
}

const PIECE_BYTES = 65_536

export class Files {
  readonly #crypto: Crypto
  readonly #random: RandomBytes
  readonly #storage: FileStorage | undefined

  constructor(options: {
    readonly crypto: Crypto
    readonly random: RandomBytes
    readonly storage: FileStorage | undefined
  }) {
    this.#crypto = options.crypto
    this.#random = options.random
    this.#storage = options.storage
  }

  /**
   * Encrypts a file and uploads it. What comes back belongs into a message.
   *
   * @throws {FileStorageError} `files_unavailable`, `storage_unreachable`, `storage_refused`
   * @throws {FileError} `file_too_large`
   */
  upload(file: OutgoingFile, options: TransferOptions): Promise<Attachment> {
    return this.#upload(file, { ...options, isPadded: true })
  }

  /** As `upload`, for the image of a link preview: not padded, as other clients have it. At most 1,000,000 bytes. */
  async uploadPreviewImage(file: OutgoingFile, options: TransferOptions): Promise<Attachment> {
    if (file.bytes.length > MAX_PREVIEW_IMAGE_BYTES) throw new FileError('file_too_large')
    return this.#upload(file, { ...options, isPadded: false })
  }

  /** Encrypts a profile picture and uploads it. Takes out nothing: EXIF and the like are the caller's affair. */
  async uploadPicture(plain: Uint8Array, options: TransferOptions): Promise<ProfilePicture> {
    const storage = this.#requireStorage()
    if (plain.length > MAX_FILE_BYTES) throw new FileError('file_too_large')
    const { blob, key } = sealLegacyPicture({ crypto: this.#crypto, random: this.#random, plain })
    return { url: await store(storage, blob, options), key }
  }

  /**
   * A file as its sender meant it.
   *
   * @throws {FileStorageError} `files_unavailable`, `storage_unreachable`, `file_gone`
   * @throws {FileError} `file_too_large`, `file_format`, `not_encrypted`
   * @throws {AuthenticationError} `open_failed`: what lies there is not what the sender put there.
   */
  async download(pointer: FilePointer, options: TransferOptions): Promise<Uint8Array> {
    const storage = this.#requireStorage()
    const format = requireFormat(pointer)
    const pieces = bounded(storage.download(pointer.url, { signal: options.signal }), options)
    const opened = format.kind === 'stream' ? await this.#openStream(pieces, format.key) : await joined(pieces)
    options.signal.throwIfAborted()
    const plain = format.kind === 'stream' ? opened : openFile(this.#crypto, format, opened, pointer.size)
    if (plain.length > MAX_FILE_BYTES) throw new FileError('file_too_large')
    return plain
  }

  /** Piece by piece, so that there is no second copy of it. */
  async #openStream(pieces: AsyncIterable<Uint8Array>, key: Uint8Array): Promise<Uint8Array> {
    const opener = new StreamOpener(this.#crypto, key)
    const opened: Uint8Array[] = []
    for await (const piece of pieces) opened.push(opener.open(piece))
    return joinBytes([...opened, opener.end()])
  }

  async #upload(file: OutgoingFile, options: TransferOptions & { readonly isPadded: boolean }): Promise<Attachment> {
    const storage = this.#requireStorage()
    const { bytes: plain, isVoice = false, ...rest } = file
    if (plain.length > MAX_FILE_BYTES) throw new FileError('file_too_large')
    const { isPadded } = options
    const { blob, key, digest, size } = sealLegacyAttachment({
      crypto: this.#crypto,
      random: this.#random,
      plain,
      isPadded,
    })
    return { ...rest, isVoice, url: await store(storage, blob, options), key, digest, size }
  }

  #requireStorage(): FileStorage {
    if (this.#storage === undefined) throw new FileStorageError('files_unavailable')
    return this.#storage
  }
}

export const MAX_PREVIEW_IMAGE_BYTES = 1_000_000

function requireFormat(pointer: FilePointer): FileFormat {
  if ((pointer.size ?? 0) > MAX_FILE_BYTES) throw new FileError('file_too_large')
  const format = readFormat(pointer)
  if (format === undefined) throw new FileError('file_format')
  if (format.kind === 'plain') throw new FileError('not_encrypted')
  return format
}

function readFormat(pointer: FilePointer): FileFormat | undefined {
  try {
    return formatOf(pointer)
  } catch (error) {
    if (error instanceof MalformedInputError) throw new FileError('file_format', { cause: error })
    throw error
  }
}

async function store(storage: FileStorage, blob: Uint8Array, { signal, onProgress }: TransferOptions): Promise<string> {
  function* pieces() {
    for (let at = 0; at < blob.length; at += PIECE_BYTES) {
      onProgress?.({ bytes: at, total: blob.length })
      yield blob.subarray(at, at + PIECE_BYTES)
    }
  }
  const url = await storage.upload(pieces(), { sizeBytes: blob.length, signal })
  onProgress?.({ bytes: blob.length, total: blob.length })
  return url
}

/** No more than the largest file of any format; the storage is told to stop when there is more. */
async function* bounded(pieces: AsyncIterable<Uint8Array>, { signal, onProgress }: TransferOptions) {
  let bytes = 0
  for await (const piece of pieces) {
    signal.throwIfAborted()
    bytes += piece.length
    if (bytes > MAX_BLOB_BYTES) throw new FileError('file_too_large')
    onProgress?.({ bytes })
    yield piece
  }
}

async function joined(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const piece of pieces) all.push(piece)
  return joinBytes(all)
}
