/** Answers as bt-encoding: the same fields as in JSON, with raw bytes. @see docs/protocol/storage-rpc.md §1 */
import { type BencodeInput, encodeBencode } from '../codec/bencode.ts'

/**
 * Encodes what a method's result writes for `bt`: booleans become 0 and 1, and what is `undefined` or `null` is left out.
 *
 * @throws {CodecError} `out_of_bounds`, on a number that is no integer.
 */
export function encodeBtAnswer(body: object): Uint8Array {
  return encodeBencode(toBencode(body) ?? new Map())
}

function toBencode(value: unknown): BencodeInput | undefined {
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string') return value
  if (value === undefined || value === null) return undefined
  if (value instanceof Uint8Array) return value
  if (Array.isArray(value)) return value.map(toBencode).filter((item) => item !== undefined)
  const entries = value instanceof Map ? [...(value as Map<string, unknown>)] : Object.entries(value)
  const dict = new Map<string, BencodeInput>()
  for (const [key, item] of entries) {
    const encoded = toBencode(item)
    if (encoded !== undefined) dict.set(key, encoded)
  }
  return dict
}
