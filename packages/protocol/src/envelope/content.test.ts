import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import vectors from '../../vectors/messages.json' with { type: 'json' }
import { concatBytes } from '../bytes/bytes.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { MalformedInputError } from '../errors.ts'
import { decodeContent, encodeContent } from './content.ts'
import type { Content } from './generated/content.ts'
import { MAX_STORED_MESSAGE_BYTES } from './protobuf.ts'

const known: { content: string; decoded: unknown }[] = [
  ...vectors.contents,
  ...vectors.foreign_messages.map(({ content, content_decoded }) => ({ content, decoded: content_decoded })),
  { content: vectors.direct_message.content, decoded: vectors.direct_message.content_decoded },
]
const malformed = expect.objectContaining({ code: 'envelope' })

test('reads and writes every known kind of content, byte for byte', () => {
  for (const { content, decoded } of known) {
    expect(asJson(decodeContent(fromHex(content)))).toEqual(decoded)
    expect(toHex(encodeContent(fromJson(decoded)))).toBe(content)
  }
})

test('writes zero and empty values where they are given', () => {
  const content: Content = { dataMessage: { body: '' }, expirationType: 0, expirationTimer: 0, sigTimestamp: 0n }
  expect(toHex(encodeContent(content))).toBe('0a020a00600068007800')
  expect(decodeContent(encodeContent(content))).toEqual(content)
})

test('skips fields of other versions', () => {
  const { content, decoded } = known[0]!
  // A text in field 7 and, in field 200, a group with a number in it.
  const extended = concatBytes(fromHex('3a026869'), fromHex(content), fromHex('c30c0801c40c'))
  expect(asJson(decodeContent(extended))).toEqual(decoded)
})

test('reads text that is not UTF-8 as far as it goes', () => {
  expect(decodeContent(fromHex('0a050a036869ed')).dataMessage?.body).toBe('hi\ufffd')
})

test('refuses to write and to read a part without its required fields', () => {
  const image = { contentType: 'image/png' }
  const incomplete: Content[] = [
    { callMessage: { type: 6 } },
    { typingMessage: { timestamp: 1n } },
    { unsendRequest: { author: 'a' } },
    { dataMessage: { quote: { id: 1n } } },
    { dataMessage: { attachments: [{ id: 0n }, image] } },
    { dataMessage: { preview: [{ url: 'u', image }] } },
    { dataMessage: { groupUpdateMessage: { inviteResponse: {} } } },
  ]
  for (const content of incomplete) expect(() => encodeContent(content)).toThrow(malformed)
  const encoded = ['1a020806', '32020801', '4a03120161', '0a0442020801', '0a0412020800', '0a051203120161']
  for (const hex of encoded) expect(() => decodeContent(fromHex(hex))).toThrow(malformed)
})

test('refuses to write a number that does not fit its field', () => {
  expect(() => encodeContent({ sigTimestamp: -1n })).toThrow(malformed)
  expect(() => encodeContent({ expirationTimer: 2 ** 32 })).toThrow(malformed)
})

test('refuses truncation, trailing bytes, deep nesting and oversize', () => {
  const content = fromHex(vectors.direct_message.content)
  expect(() => decodeContent(content.slice(0, -1))).toThrow(malformed)
  for (const tail of ['00', '0000', '04', '0c78', '80']) {
    expect(() => decodeContent(concatBytes(content, fromHex(tail)))).toThrow(malformed)
  }
  expect(() => decodeContent(new Uint8Array(60_000).fill(0x0b))).toThrow(malformed)
  const oversize = encodeContent({ dataMessage: { body: 'a'.repeat(MAX_STORED_MESSAGE_BYTES) } })
  expect(() => decodeContent(oversize)).toThrow(malformed)
})

test('any bytes and any damage give a content or the typed error', () => {
  const damaged = fc
    .tuple(fc.constantFrom(...known), fc.nat(), fc.uint8Array({ maxLength: 6 }), fc.nat(6))
    .map(([{ content }, place, inserted, removed]) => {
      const bytes = fromHex(content)
      const at = place % bytes.length
      return concatBytes(bytes.slice(0, at), inserted, bytes.slice(at + removed))
    })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), damaged), (bytes) => {
      try {
        const content = decodeContent(bytes)
        // What was read has one encoding, which reads as the same.
        expect(decodeContent(encodeContent(content))).toEqual(content)
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedInputError)
      }
    }),
    { numRuns: 3000 },
  )
})

/** The form of the vectors: hex for bytes, decimal text for 64-bit numbers. */
function asJson(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, item) => {
      if (typeof item === 'bigint') return item.toString()
      return item instanceof Uint8Array ? toHex(item) : item
    }),
  )
}

function fromJson(value: unknown): Content {
  return JSON.parse(JSON.stringify(value), (key, item) => {
    if (key === 'key' || key === 'digest') return fromHex(item)
    if (typeof item === 'string' && /^\d+$/.test(item)) return BigInt(item)
    return item
  })
}
