import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { unixMillis } from '../brand.ts'
import { toBase64 } from '../bytes/base64.ts'
import { toHex } from '../bytes/hex.ts'
import { type Codec, CodecError } from '../codec/codec.ts'
import { MessengerError } from '../errors.ts'
import { parseOwner } from '../identity/account-id.ts'
import { nobleCrypto } from '../testing.ts'
import { LIMITS } from './limits.ts'
import {
  clientRequest,
  forwardRequest,
  MAX_RECORD_BYTES,
  MAX_TRANSFER_ITEMS,
  type TransferItem,
  transferReply,
  transferRequest,
} from './member-requests.ts'
import { encodeForward } from './method.ts'
import { parseNamespace } from './namespace.ts'
import { deriveRecordId, encodeRecordId } from './record-id.ts'
import { methodOf } from './registry.ts'
import {
  digestsReply,
  digestsRequest,
  fetchReply,
  fetchRequest,
  listReply,
  listRequest,
  offerReply,
  offerRequest,
} from './repair-requests.ts'
import { parseRpcRequest } from './request.ts'

const fixedBytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size })
const times = fc.maxSafeNat().map(unixMillis)
const owners = fixedBytes(32).map((key) => parseOwner(`05${toHex(key)}`))
const ids = fixedBytes(16)
const idLists = fc.array(ids, { maxLength: 5 })
const bucketsOf = <T extends { bucket: number }>(item: fc.Arbitrary<T>) =>
  fc
    .uniqueArray(item, { maxLength: 5, selector: ({ bucket }) => bucket })
    .map((items) => items.toSorted((a, b) => a.bucket - b.bucket))
const bucket = fc.nat(4095)
const count = fc.nat(0xffff_ffff)
const items: fc.Arbitrary<TransferItem> = fc.oneof(
  fc.record({
    kind: fc.constant('message' as const),
    owner: owners,
    namespace: fc.integer({ min: -32768, max: 32767 }).map(parseNamespace),
    timestamp: times,
    expiry: times,
    storedAt: times,
    authorisation: fc.uint8Array({ maxLength: 20 }),
    data: fc.uint8Array({ maxLength: 50 }),
  }),
  fc.record({ kind: fc.constant('record' as const), at: times, request: fc.uint8Array({ maxLength: 50 }) }),
)
const clientRequests = fc.record({
  method: fc.string({ maxLength: 10 }),
  params: fc.uint8Array({ maxLength: 50 }),
})

/** Each format with values that it can hold. */
const formats: readonly (readonly [string, Codec<never>, fc.Arbitrary<unknown>])[] = [
  ['clientRequest', clientRequest, clientRequests],
  [
    'forwardRequest',
    forwardRequest,
    fc.tuple(times, clientRequests).map(([at, rest]) => ({ version: 2, at, ...rest })),
  ],
  ['transferRequest', transferRequest, fc.array(items, { maxLength: 4 }).map((list) => ({ version: 2, items: list }))],
  ['transferReply', transferReply, fc.array(fc.nat(255), { maxLength: 9 })],
  [
    'digestsRequest',
    digestsRequest,
    bucketsOf(fc.record({ bucket, count, digest: ids })).map((buckets) => ({ version: 1, buckets })),
  ],
  ['digestsReply', digestsReply, bucketsOf(fc.record({ bucket, count }))],
  [
    'listRequest',
    listRequest,
    fc.record({ version: fc.constant(1), bucket, after: fc.option(ids, { nil: undefined }) }),
  ],
  ['listReply', listReply, fc.record({ ids: idLists, next: fc.option(ids, { nil: undefined }) })],
  ['fetchRequest', fetchRequest, fc.record({ version: fc.constant(1), bucket, ids: idLists })],
  ['fetchReply', fetchReply, fc.record({ served: fc.nat(0xffff), items: fc.array(items, { maxLength: 4 }) })],
  [
    'offerRequest',
    offerRequest,
    fc.record({
      version: fc.constant(1),
      bucket,
      items: fc.array(fc.record({ owner: owners, id: ids }), { maxLength: 5 }),
    }),
  ],
  ['offerReply', offerReply, fc.array(fc.nat(255), { maxLength: 9 })],
] as never

for (const [name, format, values] of formats) {
  test(`${name} survives encoding, and no truncation or trailing byte is accepted`, () => {
    const property = fc.property(values, fc.nat(), (value, cut) => {
      const encoded = format.encode(value as never)
      expect(format.decode(encoded)).toEqual(value)
      expect(() => format.decode(encoded.slice(0, cut % encoded.length))).toThrow(MessengerError)
      expect(() => format.decode(Uint8Array.from([...encoded, 0]))).toThrow(MessengerError)
    })
    fc.assert(property)
  })

  test(`bytes that are no ${name} are refused with a typed error, and what is taken is written the same again`, () => {
    const mutated = fc.tuple(values, fc.nat(), fc.nat(255)).map(([value, at, byte]) => {
      const encoded = format.encode(value as never)
      encoded[at % encoded.length]! ^= byte
      return encoded
    })
    const property = fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 80 })), (input) => {
      try {
        expect(format.encode(format.decode(input))).toEqual(input)
      } catch (error) {
        expect(error).toBeInstanceOf(MessengerError)
      }
    })
    fc.assert(property)
  })
}

test('another version of a forward or transfer is told from garbage', () => {
  for (const format of [forwardRequest, transferRequest]) {
    const old = Uint8Array.from([1, 0, 0])
    expect(() => format.decode(old)).toThrow(expect.objectContaining({ code: 'unknown_version' }))
  }
})

test('lists and blobs over their bounds are neither written nor read', () => {
  const outOfBounds = expect.objectContaining({ code: 'out_of_bounds' })
  const id = new Uint8Array(16)
  const many = Array.from({ length: MAX_TRANSFER_ITEMS + 1 }, () => id)
  const record = { kind: 'record' as const, at: unixMillis(0), request: new Uint8Array(MAX_RECORD_BYTES + 1) }
  expect(() => fetchRequest.encode({ version: 1, bucket: 0, ids: many })).toThrow(outOfBounds)
  expect(() => fetchRequest.decode(Uint8Array.from([1, 0, 0, 0xff, 0xff]))).toThrow(outOfBounds)
  expect(() => transferRequest.encode({ version: 2, items: [record] })).toThrow(outOfBounds)
  expect(() => listRequest.encode({ version: 1, bucket: 4096, after: undefined })).toThrow(outOfBounds)
  expect(() => listRequest.decode(Uint8Array.from([1, 0x10, 0, 0]))).toThrow(outOfBounds)
})

test('the largest change of expiry fits a record', () => {
  const messages = Array.from({ length: LIMITS.hashesPerRequest }, () => 'p14QQPylA9w35o4x5k6BcPz6qnOhZYb9Kfzmfj5MTFU')
  const expiry = messages.map(() => Number.MAX_SAFE_INTEGER)
  const proof = {
    pubkey: `05${'aa'.repeat(32)}`,
    pubkey_ed25519: 'aa'.repeat(32),
    signature: toBase64(new Uint8Array(64)),
  }
  const request = parseRpcRequest(JSON.stringify({ method: 'expire', params: { ...proof, messages, expiry } }))
  if (request.kind !== 'call') throw new Error('no call')
  const params = encodeForward(methodOf('expire'), request.call.params as never)
  expect(clientRequest.encode({ method: 'expire', params }).length).toBeLessThanOrEqual(MAX_RECORD_BYTES)
})

test('buckets that do not ascend are refused', () => {
  const both = [
    { bucket: 2, count: 1 },
    { bucket: 2, count: 1 },
  ]
  expect(() => digestsReply.encode(both)).toThrow(CodecError)
  const encoded = digestsReply.encode([both[0]!, { bucket: 3, count: 1 }])
  encoded[9] = 2
  expect(() => digestsReply.decode(encoded)).toThrow(expect.objectContaining({ code: 'not_canonical' }))
})

test('a record is named by its time and its request', () => {
  const crypto = nobleCrypto()
  const request = clientRequest.encode({ method: 'delete', params: new Uint8Array([1, 2, 3]) })
  const preimage = Buffer.concat([
    Buffer.from([0, 0, 0, 0, 0, 0, 0, 7, 6]),
    Buffer.from('delete'),
    Buffer.from([0, 0, 0, 3, 1, 2, 3]),
  ])
  const id = deriveRecordId(crypto, unixMillis(7), request)
  expect(id).toBe(toHex(crypto.blake2b(32, preimage)).slice(0, 32))
  expect(deriveRecordId(crypto, unixMillis(8), request)).not.toBe(id)
  expect(() => encodeRecordId(new Uint8Array(15))).toThrow(expect.objectContaining({ code: 'record_id' }))
})
