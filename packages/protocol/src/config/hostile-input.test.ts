import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import vectors from '../../vectors/config.json' with { type: 'json' }
import { unixMillis } from '../brand.ts'
import { concatBytes } from '../bytes/bytes.ts'
import { fromHex } from '../bytes/hex.ts'
import { utf8 } from '../bytes/utf8.ts'
import { encodeBencode } from '../codec/bencode.ts'
import { CodecError } from '../codec/codec.ts'
import { MalformedInputError } from '../errors.ts'
import { deriveAccountKeys, parseAccountSeed } from '../identity/account-seed.ts'
import { parseDisplayName } from '../identity/display-name.ts'
import type { MessageHash } from '../rpc/message-hash.ts'
import { nobleCrypto } from '../testing.ts'
import { padConfig, sealConfig } from './cipher.ts'
import { encodeVersion, readVersion } from './message.ts'
import { buildConfigPush, editOwnConfig, receiveConfig } from './own-config.ts'
import { configData, EMPTY_CONFIG } from './state.ts'
import { decodeConfigState, encodeConfigState } from './state-codec.ts'
import { readUserProfile, setNewProfile } from './user-profile.ts'

const crypto = nobleCrypto()
const seed = fromHex(vectors.objects.user_profile.seed)
const keys = deriveAccountKeys(crypto, parseAccountSeed(seed))
const now = unixMillis(1_700_000_000_000)
const hash = 'A'.repeat(43) as MessageHash
const context = { crypto, keys, now, name: 'profile' } as const
const state = editOwnConfig(crypto, EMPTY_CONFIG, (data) => setNewProfile(data, parseDisplayName('Alice'), now))
const push = buildConfigPush(context, state)
const open = (data: Uint8Array, current = push.state) => receiveConfig(context, current, [{ hash, data }])

const onlyTyped = (fn: () => unknown) => {
  try {
    fn()
  } catch (error) {
    if (!(error instanceof CodecError || error instanceof MalformedInputError)) throw error
  }
}

const mutations = (bytes: Uint8Array) =>
  fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }).map((changes) => {
    const mutated = bytes.slice()
    for (const [at, byte] of changes) mutated[at] = byte
    return mutated
  })
const grammar = fc
  .array(
    fc.constantFrom('d', 'l', 'e', 'i1e', 'i5e', '1:#', '1:&', '1:<', '1:=', '1:~', '0:', '1:-', '32:', '3:abc', 'x'),
  )
  .map((parts) => utf8(`d1:#i5e1:&${parts.join('')}`))
const plaintexts = vectors.config_message.merges.map(({ plaintext }) => fromHex(plaintext))

test('a plaintext ends in a version that can be written again, or in a typed error', () => {
  const property = fc.property(fc.oneof(fc.uint8Array(), grammar, ...plaintexts.map(mutations)), (bytes) => {
    onlyTyped(() => {
      const version = readVersion(crypto, bytes)
      const again = readVersion(crypto, encodeVersion(version))
      expect({ ...again, hash }).toEqual({ ...version, hash })
    })
  })
  fc.assert(property, { numRuns: 2000 })
})

test('deep nesting and counters without end are refused', () => {
  const nested = (depth: number) => `${'d1:a'.repeat(depth)}0:${'e'.repeat(depth)}`
  const version = (seqno: string, data: string) => utf8(`d1:#i${seqno}e1:&${data}1:<le1:=dee`)
  const config = expect.objectContaining({ code: 'config' })
  expect(() => readVersion(crypto, version('1', nested(33)))).not.toThrow()
  expect(() => readVersion(crypto, version('1', nested(34)))).toThrow(config)
  expect(() => readVersion(crypto, version('1', nested(5000)))).toThrow(
    expect.objectContaining({ code: 'out_of_bounds' }),
  )
  expect(() => readVersion(crypto, version('9223372036854775807', 'de'))).toThrow(config)
})

test('items that nobody of the account made are skipped, whatever they hold', () => {
  const property = fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), mutations(push.items[0]!)), (data) => {
    const opened = open(data)
    expect(readUserProfile(configData(opened)).name).toBe('Alice')
    expect(opened.obsolete).toEqual([])
  })
  fc.assert(property, { numRuns: 100 })
  expect(open(new Uint8Array(76_801))).toEqual(push.state)
})

test('items that a broken app of the account made are skipped, whatever they hold', () => {
  const marks = fc.constantFrom('', 'm', 'z', 'd', 'ml32:').map(utf8)
  const inner = fc.tuple(marks, fc.oneof(fc.uint8Array(), grammar)).map((parts) => concatBytes(...parts))
  const property = fc.property(fc.oneof(inner, ...plaintexts.map(mutations)), (plaintext) => {
    const sealed = sealConfig(crypto, { base: seed, domain: 'UserProfile' }, padConfig(plaintext))
    open(sealed)
    open(sealed, EMPTY_CONFIG)
  })
  fc.assert(property, { numRuns: 300 })
})

test('parts that never become whole are kept in bounds', () => {
  const key = { base: seed, domain: 'UserProfile' }
  const partOf = (whole: number, index: number) => {
    const list = [new Uint8Array(32).fill(whole), Uint8Array.of(index), Uint8Array.of(255), new Uint8Array(70_000)]
    return sealConfig(crypto, key, concatBytes(utf8('m'), encodeBencode(list)))
  }
  let opened = push.state
  for (let whole = 0; whole < 6; whole++) opened = open(partOf(whole, 0), opened)
  expect(opened.sets.map(({ hash: [first] }) => first)).toEqual([2, 3, 4, 5])
  for (let index = 1; index < 80; index++) opened = open(partOf(5, index), opened)
  expect(opened.sets.at(-1)!.parts).toHaveLength(Math.floor(5_000_000 / 70_000))
})

test('a stored state comes back, or ends in a typed error', () => {
  const encoded = encodeConfigState(crypto, state)
  expect(decodeConfigState(crypto, encoded)).toEqual(state)
  const property = fc.property(fc.oneof(fc.uint8Array(), mutations(encoded)), (bytes) =>
    onlyTyped(() => decodeConfigState(crypto, bytes)),
  )
  fc.assert(property)
})
