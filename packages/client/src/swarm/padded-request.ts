import { type JsonObject, utf8 } from '@starling/protocol'

const BUCKET = 1024
const KEY_SIZE = utf8(',"padding":""').length

/**
 * The JSON of a storage request, filled up to a multiple of 1,024 bytes with a parameter that nodes ignore, so that its
 * size says less of what is asked and for whom.
 */
export function padRequest(request: { readonly method: string; readonly params: JsonObject }): Uint8Array {
  const bare = utf8(JSON.stringify({ method: request.method, params: request.params }))
  const comma = Object.keys(request.params).length === 0 ? 1 : 0
  const missing = (BUCKET - ((bare.length + KEY_SIZE - comma) % BUCKET)) % BUCKET
  return utf8(JSON.stringify({ method: request.method, params: { ...request.params, padding: '0'.repeat(missing) } }))
}
