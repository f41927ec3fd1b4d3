/**
 * The port to wherever encrypted files lie. An adapter sees ciphertext alone, and reaches its servers by onion requests to
 * listed exits, never directly. It bounds its own waiting. Suite: `file-storage.suite.ts`.
 */

/** Bytes in pieces of any size. */
export type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

export interface FileStorage {
  /**
   * Stores what the pieces make up, `sizeBytes` in all, and resolves with its URL. Pieces are taken one by one, when the one
   * before is on its way. Nothing is kept of a file whose pieces fail, or are too few or too many.
   *
   * @throws {FileStorageError} `storage_unreachable`; `storage_refused`, also where the size is not as announced. Rejects with
   * the reason of `signal`, and with what `blob` throws.
   */
  upload(blob: Pieces, options: { readonly sizeBytes: number; readonly signal: AbortSignal }): Promise<string>
  /**
   * What lies at a URL, in pieces that belong to the caller. Ends its work when the caller stops to take them.
   *
   * @throws {FileStorageError} `storage_unreachable`; `file_gone`, also where nothing ever was, and for URLs that it does not
   * serve. Rejects with the reason of `signal`.
   */
  download(url: string, options: { readonly signal: AbortSignal }): AsyncIterable<Uint8Array>
}
