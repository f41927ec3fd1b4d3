import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { utf8 } from '../bytes/utf8.ts'
import { type BencodeInput, bencodeDict, decodeBencode, encodeBencode } from './bencode.ts'
import { CodecError } from './codec.ts'

const decodeText = (text: string) => decodeBencode(utf8(text))

const { value: values } = fc.letrec<{ value: BencodeInput; leaf: BencodeInput }>((tie) => ({
  leaf: fc.oneof(
    fc.maxSafeInteger(),
    fc.bigInt({ min: 1n << 53n, max: (1n << 63n) - 1n }),
    fc.uint8Array({ maxLength: 12 }),
  ),
  value: fc.oneof(
    { maxDepth: 4 },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.string({ unit: fc.nat(255).map((byte) => String.fromCharCode(byte)) }), tie('value')), {
        maxLength: 4,
      })
      .map((entries) => new Map(entries)),
  ),
}))

test('every value comes back from its encoding', () => {
  fc.assert(fc.property(values, (value) => expect(decodeBencode(encodeBencode(value))).toEqual(value)))
})

test('what decodes at all encodes to the same bytes, whatever bit was flipped', () => {
  const property = fc.property(values, fc.nat(), fc.nat(7), (value, at, bit) => {
    const bytes = encodeBencode(value)
    bytes[at % bytes.length]! ^= 1 << bit
    try {
      expect(encodeBencode(decodeBencode(bytes) as BencodeInput)).toEqual(bytes)
    } catch (error) {
      if (!(error instanceof CodecError)) throw error
    }
  })
  fc.assert(property)
})

test('rejects every truncation and every trailing byte', () => {
  const property = fc.property(values, fc.nat(), (value, cut) => {
    const bytes = encodeBencode(value)
    expect(() => decodeBencode(bytes.subarray(0, cut % bytes.length))).toThrow(CodecError)
    expect(() => decodeBencode(Uint8Array.from([...bytes, 0x65]))).toThrow(
      expect.objectContaining({ code: 'trailing_bytes' }),
    )
  })
  fc.assert(property)
})

test('a dict is written in the order of its keys, a missing value is left out', () => {
  const bytes = encodeBencode(bencodeDict({ b: 'x', ab: 1, a: [], none: undefined }))
  expect(bytes).toEqual(utf8('d1:ale2:abi1e1:b1:xe'))
})

test('refuses other forms of the same value', () => {
  for (const text of ['i01e', 'i-0e', 'i+1e', 'ie', 'i-e', '01:a', 'd1:bi1e1:ai1ee', 'd1:ai1e1:ai1ee', 'x', '-1:']) {
    expect(() => decodeText(text)).toThrow(expect.objectContaining({ code: 'not_canonical' }))
  }
  expect(() => decodeText('di1ei2ee')).toThrow(CodecError)
})

test('integers have 64 bits', () => {
  expect(decodeText('i9223372036854775807e')).toBe(9223372036854775807n)
  expect(decodeText('i-9223372036854775808e')).toBe(-9223372036854775808n)
  expect(() => decodeText('i9223372036854775808e')).toThrow(expect.objectContaining({ code: 'out_of_bounds' }))
  expect(() => encodeBencode(1n << 63n)).toThrow(expect.objectContaining({ code: 'out_of_bounds' }))
  expect(() => encodeBencode(0.5)).toThrow(expect.objectContaining({ code: 'out_of_bounds' }))
})

test('depth and size are bounded', () => {
  const nested = (depth: number) => utf8('l'.repeat(depth) + 'e'.repeat(depth))
  expect(() => decodeBencode(nested(17))).not.toThrow()
  expect(() => decodeBencode(nested(18))).toThrow(expect.objectContaining({ code: 'out_of_bounds' }))
  expect(() => decodeBencode(nested(100_000))).toThrow(expect.objectContaining({ code: 'out_of_bounds' }))
  expect(() => decodeBencode(utf8('3:abc'), { maxBytes: 4 })).toThrow(
    expect.objectContaining({ code: 'out_of_bounds' }),
  )
})

test('arbitrary bytes end in a value or in CodecError', () => {
  const alphabet = fc.constantFrom(...utf8('dlie0123456789:-a'))
  const property = fc.property(fc.array(alphabet, { maxLength: 24 }), (bytes) => {
    try {
      decodeBencode(Uint8Array.from(bytes))
    } catch (error) {
      expect(error).toBeInstanceOf(CodecError)
    }
  })
  fc.assert(property, { numRuns: 2000 })
})
