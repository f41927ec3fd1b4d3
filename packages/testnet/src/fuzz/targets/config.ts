/** Config messages, as the devices of an account store them for each other, and the state that a device keeps of them. */
import {
  buildConfigPush,
  type ConfigState,
  concatBytes,
  configData,
  decodeConfigState,
  EMPTY_CONFIG,
  editOwnConfig,
  encodeConfigState,
  listContacts,
  listKnownCommunities,
  listKnownGroups,
  listReadPositions,
  type MessageHash,
  parseDisplayName,
  readUserProfile,
  receiveConfig,
  setNewProfile,
  unixMillis,
  utf8,
} from '@starling/protocol'
import { mustEqualBytes } from '../equal.ts'
import { mutateBt } from '../mutate-bt.ts'
import { behindSelector } from '../mutate-combined.ts'
import { alice, crypto, NOW } from '../people.ts'
import { type FuzzTarget, must } from '../target.ts'
import { vectorBytes } from '../vectors.ts'

const HASH = 'A'.repeat(43) as MessageHash
const CONTEXT = { crypto, keys: alice, now: unixMillis(NOW), name: 'profile' } as const
const OWN = editOwnConfig(crypto, EMPTY_CONFIG, (data) => setNewProfile(data, parseDisplayName('Alice'), CONTEXT.now))

/** A plaintext in the profile's namespace, behind a byte that says whether it is padded; sealed here by hand. */
const configs: FuzzTarget = {
  name: 'config-item',
  sources: [
    'items',
    'message',
    'diff',
    'data',
    'merge',
    'multi-part',
    'state',
    'state-codec',
    'own-config',
    'user-profile',
    'contacts',
    'user-groups',
    'conversation-info',
    'fields',
    'cipher',
  ].map((file) => `protocol/src/config/${file}.ts`),
  mutate: behindSelector(mutateBt),
  words: [
    'd1:#i1e1:&de1:<le1:=dee',
    '1:#',
    '1:&',
    '1:<',
    '1:=',
    '1:~',
    'm',
    'z',
    '1:n5:Alice',
    '1:ti1e',
    '1:Ti1e',
    'lli1eeli2eee',
  ],
  *seeds() {
    const mark = Uint8Array.of(0)
    for (const key of ['plaintext', 'bytes', 'reserialized'])
      for (const bytes of vectorBytes('config', key)) yield concatBytes(mark, bytes)
    yield concatBytes(mark, utf8('ml32:'), new Uint8Array(32), utf8('1:\x001:\x023:abce'))
  },
  run(input) {
    const items = [{ hash: HASH, data: sealedConfig(input.subarray(1)) }]
    const found = receiveConfig(CONTEXT, EMPTY_CONFIG, items)
    const merged = receiveConfig(CONTEXT, OWN, items)
    for (const state of [found, merged]) {
      mustBeSaved(state)
      const push = buildConfigPush(CONTEXT, state)
      const stored = push.items.map((data, index) => ({ hash: `${'B'.repeat(42)}${index}` as MessageHash, data }))
      const again = receiveConfig(CONTEXT, EMPTY_CONFIG, stored)
      const [name, sent] = [again, state].map((each) => readUserProfile(configData(each)).name)
      must(name === sent, 'what is pushed is what another device reads')
      readAsAll(state)
    }
    return [found, merged]
  },
  output: { base: 65_536, factor: 64 },
  steps: { base: 400_000, factor: 2000 },
}

/** Data of one object read as that of every other: no key has the type that it should have. */
function readAsAll(state: ConfigState): void {
  const data = configData(state)
  listContacts(data)
  listKnownGroups(crypto, data)
  listKnownCommunities(data)
  listReadPositions(data)
}

/** Rows of the lag that are out of reach are not written again: what is compared is what is written. */
function mustBeSaved(state: ConfigState): void {
  const encoded = encodeConfigState(crypto, state)
  const again = encodeConfigState(crypto, decodeConfigState(crypto, encoded))
  mustEqualBytes(again, encoded, 'the state of a config is saved and loaded')
}

/** docs/protocol/config.md §4 */
function sealedConfig(plaintext: Uint8Array): Uint8Array {
  const size = new Uint8Array(8)
  new DataView(size.buffer).setBigUint64(0, BigInt(plaintext.length))
  const base = alice.signing.secretKey.use((key) => key.slice(0, 32))
  const key = crypto.blake2b(32, concatBytes(base, size, utf8('UserProfile')))
  const nonce = new Uint8Array(24)
  return concatBytes(crypto.xchacha20Poly1305Seal(key, nonce, plaintext), nonce)
}

/** A saved state: of the own disk, but a disk can be damaged. */
const states: FuzzTarget = {
  name: 'profile-state',
  sources: ['protocol/src/config/state-codec.ts'],
  mutate: mutateBt,
  words: ['i0e', 'i1e', 'i2e', '1:!', '1:$', '1:(', '1:)', '1:*', '1:+', 'base', 'stored', 'hash', HASH],
  *seeds() {
    yield encodeConfigState(crypto, OWN)
    yield encodeConfigState(crypto, buildConfigPush(CONTEXT, OWN).state)
  },
  run(input) {
    const state = decodeConfigState(crypto, input)
    mustBeSaved(state)
    return state
  },
  output: { base: 8192, factor: 64 },
}

export const configTargets: readonly FuzzTarget[] = [configs, states]
