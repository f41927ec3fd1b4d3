import { test } from 'node:test'
import { nobleAesCbc } from '@starling/protocol/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import { createNativeAesCbc } from './aes-cbc.ts'

const native = createNativeAesCbc()
const noble = nobleAesCbc()
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

test('what one implementation seals, the other opens', () => {
  const property = fc.property(bytes(32), bytes(16), fc.uint8Array({ maxLength: 100 }), (key, iv, plaintext) => {
    const sealed = native.seal(key, iv, plaintext)
    expect(sealed).toEqual(noble.seal(key, iv, plaintext))
    expect(native.open(key, iv, sealed)).toEqual(plaintext)
  })
  fc.assert(property)
})

test('wrong lengths and wrong padding open nothing', () => {
  const key = new Uint8Array(32).fill(1)
  const iv = new Uint8Array(16).fill(2)
  const sealed = native.seal(key, iv, new Uint8Array(20))
  for (const cut of [0, 1, 15, 17, 31]) expect(native.open(key, iv, sealed.subarray(0, cut))).toBeUndefined()
  expect(native.open(key, iv.subarray(1), sealed)).toBeUndefined()
  const damaged = sealed.slice()
  damaged[15]! ^= 0xff // turns the last byte of the padding into something that no padding is
  expect(native.open(key, iv, damaged)).toBeUndefined()
  expect(() => native.seal(key.subarray(1), iv, sealed)).toThrow(expect.objectContaining({ code: 'wrong_length' }))
})
