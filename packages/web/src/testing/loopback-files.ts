/** For tests, in the place of `worker/place-for-files.ts`: a server on this machine, whose address is set when the app is built. */
import { type FileStorage, FileStorageError, type Pieces } from '@starling/client'

declare const STARLING_FILE_SERVER: string

export function openFileStorage(): FileStorage {
  return { upload, download }
}

async function upload(blob: Pieces, { signal }: { sizeBytes: number; signal: AbortSignal }): Promise<string> {
  const pieces: Uint8Array<ArrayBuffer>[] = []
  for await (const piece of blob) pieces.push(new Uint8Array(piece))
  const response = await reach('/file', { method: 'POST', body: new Blob(pieces), signal })
  if (!response.ok) throw new FileStorageError('storage_refused')
  return `${STARLING_FILE_SERVER}/file/${await response.text()}`
}

async function* download(url: string, { signal }: { signal: AbortSignal }): AsyncGenerator<Uint8Array> {
  const response = await reach(new URL(url).pathname, { signal })
  if (!response.ok || response.body === null) throw new FileStorageError('file_gone')
  const reader = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}

async function reach(path: string, options: RequestInit & { signal: AbortSignal }): Promise<Response> {
  try {
    return await fetch(`${STARLING_FILE_SERVER}${path}`, options)
  } catch (error) {
    options.signal.throwIfAborted()
    throw new FileStorageError('storage_unreachable', { cause: error })
  }
}
