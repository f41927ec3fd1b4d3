/** Reads the body of a request, as far as it is within bounds and the node has room for it. */
import type { IncomingMessage } from 'node:http'
import type { Exchange } from './exchange.ts'
import type { Refusal } from './gate.ts'
import { CHUNK_OVERHEAD_BYTES } from './limits.ts'

/** docs/protocol/http.md §2. */
export const MAX_BODY_BYTES = 10_485_760
/** Of a body that is too large: read and thrown away before the answer, else its sender would see a reset and no answer. */
const MAX_DISCARDED_BYTES = 2 * MAX_BODY_BYTES

export type Body =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array }
  | { readonly kind: 'tooLarge' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** What is too large has been read and thrown away, so that the answer arrives; what is refused for now has not. */
export async function readBody(request: IncomingMessage, exchange: Exchange): Promise<Body> {
  const declared = Number(request.headers['content-length'] ?? 0)
  const body = declared > MAX_BODY_BYTES ? { kind: 'tooLarge' as const } : await collect(request, exchange)
  if (body.kind === 'tooLarge') await discard(request)
  return body
}

/** A chunked body declares no length, and what is declared need not come: what really comes is counted and held. */
function collect(request: IncomingMessage, exchange: Exchange): Promise<Body> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const stop = (body: Body) => {
      // Without a listener what still comes is read and thrown away.
      request.off('data', take)
      chunks.length = 0
      resolve(body)
    }
    const take = (chunk: Buffer) => {
      length += chunk.length
      chunks.push(chunk)
      if (length > MAX_BODY_BYTES) return stop({ kind: 'tooLarge' })
      const refusal = exchange.take(chunk.length + CHUNK_OVERHEAD_BYTES)
      if (refusal) stop({ kind: 'refused', refusal })
    }
    request.on('data', take)
    request.on('end', () => resolve({ kind: 'whole', bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) }))
    request.on('error', reject)
  })
}

/** Resolves when all has come, or so much that whoever sends it is cut off after the answer. */
function discard(request: IncomingMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > MAX_DISCARDED_BYTES) resolve()
    })
    request.on('end', resolve)
    request.on('error', reject)
  })
}
