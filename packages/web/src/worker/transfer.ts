/** Files cross the ports without a copy: their bytes change hands, and whoever sent them has them no more. */
import { isRecord } from './plain-data.ts'

/** The bytes of a file in a call's arguments or in its result, where they have a buffer of their own. */
export function transferOf(message: unknown): Transferable[] {
  if (!isRecord(message)) return []
  const { args, value } = message
  return [value, ...(Array.isArray(args) ? args : [])].flatMap(bufferOf)
}

/** The same bytes in a buffer of their own, so that nothing else goes along with them. */
export function withOwnBuffer<T>(value: T): T {
  if (!(value instanceof Uint8Array) || value.byteLength === value.buffer.byteLength) return value
  return value.slice() as T & Uint8Array
}

function bufferOf(value: unknown): Transferable[] {
  const bytes = isRecord(value) ? value['bytes'] : value
  if (!(bytes instanceof Uint8Array) || bytes.byteLength !== bytes.buffer.byteLength) return []
  return bytes.buffer instanceof ArrayBuffer ? [bytes.buffer] : []
}
