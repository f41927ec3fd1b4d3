/**
 * The published versions, merges and items of the compatible apps. Those of other objects and of groups, and `config_message.signing`,
 * come with the code that they test.
 */
import { test } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { expect } from 'expect'
import vectors from '../../vectors/config.json' with { type: 'json' }
import { unixMillis } from '../brand.ts'
import { concatBytes } from '../bytes/bytes.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { fromUtf8, utf8 } from '../bytes/utf8.ts'
import { type BencodeInput, decodeLenientBencode, encodeBencode } from '../codec/bencode.ts'
import { CodecError } from '../codec/codec.ts'
import { MalformedInputError } from '../errors.ts'
import { deriveAccountKeys, parseAccountSeed } from '../identity/account-seed.ts'
import { truncateDisplayName } from '../identity/display-name.ts'
import type { MessageHash } from '../rpc/message-hash.ts'
import { nobleCrypto } from '../testing.ts'
import { openConfig, padConfig, sealConfig } from './cipher.ts'
import { type ConfigContext, USER_PROFILE_OBJECT } from './config-object.ts'
import {
  type ConfigDict,
  type ConfigScalar,
  type ConfigSet,
  type ConfigValue,
  checkConfigData,
  unionOfSets,
} from './data.ts'
import { buildItems, readItems } from './items.ts'
import { mergeVersions } from './merge.ts'
import { type ConfigVersion, closeDraft, draftAfter, encodeVersion, ROOT_VERSION, readVersion } from './message.ts'
import { dropExpiredSets } from './multi-part.ts'
import { unwrapConfig, wrapConfig } from './wrapping.ts'

const crypto = nobleCrypto()
const { bt, config_message: messages, encryption } = vectors
const now = unixMillis(1_700_000_000_000)
const keys = deriveAccountKeys(crypto, parseAccountSeed(fromHex(encryption.wrapped_empty_profile.seed)))
const context: ConfigContext = { crypto, keys, now, object: USER_PROFILE_OBJECT }
const read = (hex: string) => readVersion(crypto, fromHex(hex))

type Notation = number | string | readonly Notation[] | { readonly [key: string]: Notation }

const fromNotation = (value: Notation): ConfigValue => {
  if (typeof value === 'number') return value
  if (typeof value === 'string') {
    if (value.startsWith('int:')) return BigInt(value.slice(4))
    return value.startsWith('hex:') ? fromHex(value.slice(4)) : utf8(value)
  }
  if (Array.isArray(value)) {
    return (value as Notation[]).reduce<ConfigSet>(
      (set, item) => unionOfSets(set, [fromNotation(item) as ConfigScalar]),
      [],
    )
  }
  const entries = Object.entries(value).map(([key, item]) => {
    const bytes = key.startsWith('hex:') ? fromHex(key.slice(4)) : utf8(key)
    return [String.fromCharCode(...bytes), fromNotation(item)] as const
  })
  return new Map(entries)
}

/** What foreign bytes may end in. */
const attempt = <Result>(fn: () => Result): Result | undefined => {
  try {
    return fn()
  } catch (error) {
    if (error instanceof MalformedInputError || error instanceof CodecError) return undefined
    throw error
  }
}

test('writes the known values', () => {
  for (const vector of bt.encode as {
    value?: Notation
    set?: Notation
    dict?: Notation
    bt?: string
    bt_hex?: string
  }[]) {
    const value = fromNotation(vector.value ?? vector.set ?? vector.dict!)
    expect(toHex(encodeBencode(value as BencodeInput))).toBe(vector.bt_hex ?? toHex(utf8(vector.bt!)))
  }
})

test('takes and refuses the known data', () => {
  for (const vector of bt.parse_data_dict) {
    const data = attempt(() => checkConfigData(decodeLenientBencode(utf8(vector.bt))))
    expect([vector.bt, data === undefined ? 'reject' : 'accept']).toEqual([vector.bt, vector.result])
  }
})

test('the root has the known bytes and hash', () => {
  expect(fromUtf8(encodeVersion(ROOT_VERSION))).toBe(messages.empty.plaintext_text)
  expect(toHex(ROOT_VERSION.hash)).toBe(messages.empty.hash)
  expect(readVersion(crypto, encodeVersion(ROOT_VERSION))).toEqual(ROOT_VERSION)
})

test('takes and refuses the known versions, and writes what it took', () => {
  for (const vector of messages.parse as { bytes: string; note: string; result: string; reserialized?: string }[]) {
    const version = attempt(() => read(vector.bytes))
    expect([vector.note, version && toHex(encodeVersion(version))]).toEqual([vector.note, vector.reserialized])
    expect([vector.note, version === undefined ? 'reject' : 'accept']).toEqual([vector.note, vector.result])
  }
})

test('each version of the known chains follows from the one before it', () => {
  for (const chain of [messages.chain_10_15, messages.chain_118_124]) {
    for (const vector of chain as { seqno: number; name: string; plaintext: string; hash: string }[]) {
      const expected = read(vector.plaintext)
      expect(toHex(expected.hash)).toBe(vector.hash)
      const before = chain.find(({ name }) => name === `m${vector.seqno - 1}`)
      const draft = before ? draftAfter(read(before.plaintext)) : { ...expected, base: new Map(), lag: [] }
      const closed = closeDraft(crypto, { ...draft, data: expected.data })
      expect(toHex(encodeVersion(closed))).toBe(vector.plaintext)
      expect(closed).toEqual(expected)
    }
  }
})

/** As a draft whose diff holds only what is edited after the merge. */
const closedMerge = (inputs: readonly ConfigVersion[], edited?: ConfigDict) => {
  const merged = mergeVersions(inputs as [ConfigVersion])
  if (merged.kind === 'adopted') return inputs[merged.index]!
  return closeDraft(crypto, { ...merged, base: merged.data, unknown: new Map(), data: edited ?? merged.data })
}

type MergeVector = {
  name: string
  inputs?: { plaintext: string; hash: string }[]
  adopted_index?: number
  plaintext: string
  hash: string
  data?: Notation
}
const merges = messages.merges as MergeVector[]

test('merges the known versions in every order', () => {
  for (const { name, inputs = [], adopted_index: index, ...expected } of merges.filter(({ inputs }) => inputs)) {
    const versions = inputs.map(({ plaintext }) => read(plaintext))
    expect(versions.map(({ hash }) => toHex(hash))).toEqual(inputs.map(({ hash }) => hash))
    for (const turn of versions.keys()) {
      const turned = [...versions.slice(turn), ...versions.slice(0, turn)]
      for (const order of [turned, turned.toReversed()]) {
        const result = closedMerge(order)
        expect([name, toHex(encodeVersion(result))]).toEqual([name, expected.plaintext])
        expect(toHex(result.hash)).toBe(expected.hash)
        expect(result.data).toEqual(fromNotation(expected.data!))
      }
    }
    const merged = mergeVersions(versions as [ConfigVersion, ...ConfigVersion[]])
    expect(merged.kind === 'adopted' ? merged.index : undefined).toBe(index)
  }
})

test('an edit after a merge of an edited version is all that its diff says', () => {
  const { plaintext, hash } = merges.find(({ name }) => name === 'complex_second_edited')!
  const inputs = merges.find(({ name }) => name === 'complex_second')!.inputs!.map((input) => read(input.plaintext))
  const result = closedMerge(inputs, read(plaintext).data)
  expect([toHex(encodeVersion(result)), toHex(result.hash)]).toEqual([plaintext, hash])
})

test('seals and opens the known items', () => {
  for (const vector of encryption.vectors) {
    const key = { base: fromHex(vector.key_base), domain: vector.domain }
    expect(toHex(sealConfig(crypto, key, fromHex(vector.plaintext)))).toBe(vector.encrypted)
    expect(toHex(openConfig(crypto, key, fromHex(vector.encrypted))!)).toBe(vector.plaintext)
  }
})

test('pads to the known sizes', () => {
  // The other rows are for messages around which other bytes come.
  for (const { size, padded } of encryption.padding.filter(({ overhead }) => overhead === 40)) {
    expect([size, padConfig(new Uint8Array(size)).length]).toEqual([size, padded])
  }
})

const zstd = (frame: Uint8Array, maxOutputLength: number) => {
  try {
    return new Uint8Array(zstdDecompressSync(frame, { maxOutputLength }))
  } catch {
    return undefined
  }
}
const items = (...data: readonly string[]) =>
  data.map((hex, i) => ({ hash: `part${i}` as MessageHash, data: fromHex(hex) }))

test('reads a compressed item, if there is something to decompress it with', () => {
  const { encrypted, plaintext, hash } = encryption.compressed
  const { found } = readItems({ ...context, decompress: zstd }, items(encrypted), [])
  expect(found.map(({ version }) => [toHex(encodeVersion(version)), toHex(version.hash)])).toEqual([[plaintext, hash]])
  expect(readItems(context, items(encrypted), []).found).toEqual([])
  const bomb = () => concatBytes(fromHex(plaintext), new Uint8Array(5_000_001))
  expect(readItems({ ...context, decompress: bomb }, items(encrypted), []).found).toEqual([])
})

test('collects the known parts in their order, and forgets incomplete ones in time', () => {
  const parts = items(...encryption.multipart_small.parts.map(({ encrypted }) => encrypted))
  const first = readItems(context, [parts[2]!], [])
  expect(first).toMatchObject({ found: [], sets: [{ total: 3, parts: [{ index: 2, hash: 'part2' }] }] })
  const second = readItems(context, [parts[0]!, parts[2]!], first.sets)
  expect(second.sets[0]!.parts.map(({ hash }) => hash)).toEqual(['part0', 'part2'])
  const third = readItems(context, [parts[1]!], second.sets)
  expect(third.found.map(({ hashes }) => hashes)).toEqual([['part0', 'part1', 'part2']])
  expect(third.found[0]!.version.data.get('n')).toEqual(utf8('Part'))
  expect(readItems(context, parts, third.sets)).toEqual({ found: [], sets: third.sets })
  const later = (days: number) => unixMillis(now + days * 86_400_000)
  expect(dropExpiredSets(second.sets, later(6.9))).toHaveLength(1)
  expect(dropExpiredSets(second.sets, later(7))).toHaveLength(0)
  expect(dropExpiredSets(third.sets, later(13.9))).toHaveLength(1)
})

test('cuts a large config into the known parts, and reads them', () => {
  const le32 = (i: number) => Uint8Array.of(i & 255, i >> 8, 0, 0)
  const value = concatBytes(...Array.from({ length: 2500 }, (_, i) => crypto.blake2b(64, le32(i))))
  const version = closeDraft(crypto, { ...draftAfter(ROOT_VERSION), data: new Map([['zz', value]]) })
  const plaintext = encodeVersion(version)
  expect(toHex(crypto.blake2b(32, plaintext))).toBe(encryption.multipart_large.plaintext_blake2b32)
  const built = buildItems(context, 1, plaintext)
  const sizes = (vector: { encrypted_size: number; encrypted_blake2b32: string }) =>
    [vector.encrypted_size, vector.encrypted_blake2b32] as const
  expect(built.items.map((item) => [item.length, toHex(crypto.blake2b(32, item))])).toEqual(
    encryption.multipart_large.parts.map(sizes),
  )
  const stored = items(...built.items.map(toHex))
  expect(readItems(context, stored.toReversed(), []).found.map((each) => each.version)).toEqual([version])
  expect(readItems(context, stored, [built.finished!]).found).toEqual([])
})

test('wraps and unwraps the known items of all kinds', () => {
  const { wrapped_empty_contacts, wrapped_empty_convo_info_volatile, wrapped_empty_user_groups } = encryption
  const wrapped = [
    encryption.wrapped_empty_profile,
    wrapped_empty_contacts,
    wrapped_empty_convo_info_volatile,
    wrapped_empty_user_groups,
  ]
  for (const [i, vector] of wrapped.entries()) {
    const own = { ...context, object: { ...USER_PROFILE_OBJECT, kind: (i + 1) as 1 | 2 | 3 | 4 } }
    const other = { ...context, object: { ...USER_PROFILE_OBJECT, kind: (((i + 1) % 4) + 1) as 1 | 2 | 3 | 4 } }
    const item = fromHex(vector.inner_encrypted)
    expect(toHex(wrapConfig(own, 0, item))).toBe(vector.wrapped)
    expect(unwrapConfig(own, fromHex(vector.wrapped))).toEqual(item)
    expect(unwrapConfig(own, wrapConfig(own, 0, fromHex(vector.wrapped)))).toEqual(item)
    expect(unwrapConfig(own, item)).toEqual(item)
    expect(toHex(unwrapConfig(other, fromHex(vector.wrapped)))).toBe(vector.wrapped)
  }
})

test('cuts the known names', () => {
  for (const { input_hex, stored_hex } of vectors.objects.name_truncation.cases) {
    expect(toHex(utf8(truncateDisplayName(fromUtf8(fromHex(input_hex)))!))).toBe(stored_hex)
  }
})
