import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import type { Ed25519PublicKey } from '../crypto/keys.ts'
import { nodeIdBytes, nodeIdOf, parseNodeId } from './node-id.ts'

test('a node ID and its key say the same', () => {
  const property = fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
    const id = nodeIdOf(key as Ed25519PublicKey)
    expect(nodeIdBytes(id)).toEqual(key)
    expect(parseNodeId(id)).toBe(id)
  })
  fc.assert(property)
})

test('refuses upper case, other lengths and other characters as a node ID', () => {
  for (const text of ['', 'AB'.repeat(32), 'ab'.repeat(31), 'ab'.repeat(33), 'xy'.repeat(32), `${'ab'.repeat(32)}\n`]) {
    expect(() => parseNodeId(text)).toThrow(expect.objectContaining({ code: 'node_id' }))
  }
})
