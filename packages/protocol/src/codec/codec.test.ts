import { test } from 'node:test'
import { expect } from 'expect'
import { blob, bytes, list, struct, u8 } from './codec.ts'

test('what is decoded shares no memory with what it was decoded from, also not with a Buffer', () => {
  const form = struct({ id: bytes(2), ids: list(u8, bytes(1), { max: 2 }), data: blob(u8, { max: 2 }) })
  for (const encoded of [Uint8Array.of(1, 2, 1, 3, 1, 4), Buffer.from([1, 2, 1, 3, 1, 4])]) {
    const decoded = form.decode(encoded)
    encoded.fill(9)
    expect(decoded).toEqual({ id: Uint8Array.of(1, 2), ids: [Uint8Array.of(3)], data: Uint8Array.of(4) })
    expect(decoded.id.constructor).toBe(Uint8Array)
  }
})
