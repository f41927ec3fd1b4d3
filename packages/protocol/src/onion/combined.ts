/**
 * The structure of all layers: u32 little endian length, that many bytes, then JSON to the end.
 *
 * @see docs/protocol/onion.md §1
 */
import { concatBytes } from '../bytes/bytes.ts'
import { utf8 } from '../bytes/utf8.ts'
import { CodecError, u32le } from '../codec/codec.ts'

const LENGTH_SIZE = 4

/** @param blob in parts, so that nothing is copied before */
export function encodeCombined(blob: readonly Uint8Array[], json: string): Uint8Array {
  let size = 0
  for (const part of blob) size += part.length
  return concatBytes(u32le.encode(size), ...blob, utf8(json))
}

/**
 * Both parts share the memory of `bytes`.
 *
 * @throws {CodecError} `truncated`
 */
export function splitCombined(bytes: Uint8Array): { readonly blob: Uint8Array; readonly json: Uint8Array } {
  if (bytes.length < LENGTH_SIZE) throw new CodecError('truncated', `${bytes.length} bytes`)
  const end = LENGTH_SIZE + u32le.decode(bytes.subarray(0, LENGTH_SIZE))
  if (end > bytes.length) throw new CodecError('truncated', `${end} bytes wanted, ${bytes.length} there`)
  return { blob: bytes.subarray(LENGTH_SIZE, end), json: bytes.subarray(end) }
}
