/** Whether two values hold the same, whatever their order of keys: what a decoder gave, and what it gives of its encoding. */
import { isDeepStrictEqual } from 'node:util'
import { must } from './target.ts'

export function mustEqual(actual: unknown, expected: unknown, what: string): void {
  // A clone of a `Buffer` is a `Uint8Array`, as which it is meant everywhere.
  must(isDeepStrictEqual(structuredClone(actual), structuredClone(expected)), what)
}

/** Bytes as they are; a `Buffer` and a `Uint8Array` of one content are equal here. */
export function mustEqualBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  must(Buffer.compare(actual, expected) === 0, what)
}
