/** Uploads the files of a message, one after the other: one of them is in memory at a time. */
import type { Client, OutgoingAttachment } from '@starling/client'
import type { StagedFile } from '../composer/staged-files.ts'

export type Uploading = {
  readonly signal?: AbortSignal | undefined
  /** From 0 to 1, over all files. */
  readonly onProgress?: ((part: number) => void) | undefined
}

export type Uploaded = {
  /** In the order of the files. */
  readonly attachments: readonly OutgoingAttachment[]
  /** Those that are pictures, by place, as they went out: at most 64,000,000 bytes of them. */
  readonly pictures: ReadonlyMap<number, Blob>
}

const KEPT_BYTES = 64_000_000

/** Rejects as `Client.files.upload` and `StagedFile.read` do, and with the reason of `signal`. */
export async function uploadFiles(
  client: Pick<Client, 'files'>,
  files: readonly StagedFile[],
  { signal, onProgress }: Uploading,
): Promise<Uploaded> {
  const attachments: OutgoingAttachment[] = []
  const pictures = new Map<number, Blob>()
  const all = files.reduce((sum, { size }) => sum + size, 0) || 1
  let [done, kept] = [0, 0]
  for (const [place, staged] of files.entries()) {
    signal?.throwIfAborted()
    const file = await staged.read()
    // A copy of its own: uploaded bytes change hands.
    if (staged.isImage && kept + file.bytes.length <= KEPT_BYTES) pictures.set(place, new Blob([file.bytes.slice()]))
    kept += pictures.get(place)?.size ?? 0
    const before = done
    const tell = ({ bytes, total = bytes }: { bytes: number; total?: number | undefined }): void =>
      onProgress?.((before + staged.size * (bytes / (total || 1))) / all)
    attachments.push(await client.files.upload(file, { ...(signal && { signal }), onProgress: tell }))
    done += staged.size
  }
  signal?.throwIfAborted()
  return { attachments, pictures }
}
