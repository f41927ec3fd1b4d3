/** zstd for browsers, which have none of their own: other apps compress the synced profile with it. */
import { concatBytes } from '@starling/protocol'
import { Decompress } from 'fzstd'

/** Small, so that a frame that grows beyond its bound is stopped soon after. */
const CHUNK = 1024

/** What `frame` holds; `undefined` if it is no zstd or holds more than `maxBytes`. */
export function decompressZstd(frame: Uint8Array, maxBytes: number): Uint8Array | undefined {
  const parts: Uint8Array[] = []
  let size = 0
  const stream = new Decompress((part) => {
    size += part.length
    if (size <= maxBytes) parts.push(part)
  })
  try {
    for (let at = 0; at < frame.length && size <= maxBytes; at += CHUNK) {
      stream.push(frame.subarray(at, at + CHUNK), at + CHUNK >= frame.length)
    }
  } catch {
    return undefined // what the library throws says no more than that the frame is malformed
  }
  return size > maxBytes ? undefined : concatBytes(...parts)
}
