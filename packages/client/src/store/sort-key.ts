/** Numbers as sort keys: 8 bytes, big endian, so that the order of the bytes is that of the numbers. */

/** `value` is a whole number of 0 … 2^53 − 1; `tail` is appended. */
export function numberSort(value: number, ...tail: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(8 + tail.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  bytes.set(tail, 8)
  return bytes
}

export function sortNumber(sort: Uint8Array): number {
  return Number(new DataView(sort.buffer, sort.byteOffset).getBigUint64(0))
}
