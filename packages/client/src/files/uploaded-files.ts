/** Pictures that were uploaded and are not sent yet: the latest of them, at most 32,000,000 bytes, in memory. */
import type { OutgoingAttachment } from '../message-api.ts'

const MOST_BYTES = 32_000_000

export type UploadedFile = { readonly file: OutgoingAttachment; readonly content: Uint8Array }

export class UploadedFiles {
  readonly #held = new Map<string, UploadedFile>()

  /** `content` belongs to this from then on. */
  hold(uploaded: UploadedFile): void {
    this.#held.set(uploaded.file.url, uploaded)
    let bytes = 0
    for (const { file, content } of [...this.#held.values()].reverse()) {
      bytes += content.length
      if (bytes > MOST_BYTES) this.#held.delete(file.url)
    }
  }

  clear(): void {
    this.#held.clear()
  }

  /** Those of these that are still here; they are not held any more. */
  take(files: readonly OutgoingAttachment[]): readonly UploadedFile[] {
    const found = files.flatMap(({ url }) => this.#held.get(url) ?? [])
    for (const { file } of found) this.#held.delete(file.url)
    return found
  }
}
