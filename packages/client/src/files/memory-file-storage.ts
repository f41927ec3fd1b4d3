/** A place for files in memory, for tests and demonstrations: 16 MiB in all, unless told. */
import { MAX_BLOB_BYTES } from '@starling/protocol'
import { FileStorageError } from './file-error.ts'
import type { FileStorage, Pieces } from './file-storage.ts'

const CAPACITY_BYTES = 16_777_216
const PIECE_BYTES = 65_536
const SERVER = 'http://files.invalid'

export class MemoryFileStorage implements FileStorage {
  readonly #files = new Map<string, Uint8Array>()
  readonly #capacityBytes: number
  #usedBytes = 0
  #next = 1

  constructor({ capacityBytes = CAPACITY_BYTES }: { readonly capacityBytes?: number } = {}) {
    this.#capacityBytes = capacityBytes
  }

  async upload(blob: Pieces, { sizeBytes, signal }: { sizeBytes: number; signal: AbortSignal }): Promise<string> {
    signal.throwIfAborted()
    if (sizeBytes > MAX_BLOB_BYTES || this.#usedBytes + sizeBytes > this.#capacityBytes) {
      throw new FileStorageError('storage_refused')
    }
    const file = new Uint8Array(sizeBytes)
    let at = 0
    for await (const piece of blob) {
      signal.throwIfAborted()
      if (at + piece.length > sizeBytes) throw new FileStorageError('storage_refused')
      file.set(piece, at)
      at += piece.length
    }
    signal.throwIfAborted()
    // Others may have come meanwhile.
    if (at !== sizeBytes || this.#usedBytes + sizeBytes > this.#capacityBytes) {
      throw new FileStorageError('storage_refused')
    }
    this.#usedBytes += sizeBytes
    const url = `${SERVER}/file/${this.#next++}`
    this.#files.set(url, file)
    return url
  }

  async *download(url: string, { signal }: { signal: AbortSignal }): AsyncGenerator<Uint8Array> {
    signal.throwIfAborted()
    const file = this.#files.get(url.split('#')[0]!)
    if (file === undefined) throw new FileStorageError('file_gone')
    for (let at = 0; at < file.length; at += PIECE_BYTES) {
      signal.throwIfAborted()
      yield file.slice(at, at + PIECE_BYTES)
    }
  }

  /** As a server does when a file's time is over. */
  remove(url: string): void {
    const file = this.#files.get(url)
    if (file === undefined) return
    this.#usedBytes -= file.length
    this.#files.delete(url)
  }
}
