import { test } from 'node:test'
import { expect } from 'expect'
import vectors from '../../vectors/config.json' with { type: 'json' }
import { type UnixMillis, unixMillis } from '../brand.ts'
import { fromHex } from '../bytes/hex.ts'
import { utf8 } from '../bytes/utf8.ts'
import { type BencodeInput, bencodeDict, encodeBencode } from '../codec/bencode.ts'
import { deriveAccountKeys, parseAccountSeed } from '../identity/account-seed.ts'
import { type DisplayName, parseDisplayName } from '../identity/display-name.ts'
import { deriveMessageHash, type MessageHash } from '../rpc/message-hash.ts'
import { NAMESPACES } from '../rpc/namespace.ts'
import { nobleCrypto } from '../testing.ts'
import { USER_PROFILE_OBJECT } from './config-object.ts'
import type { MutableDict } from './data.ts'
import { encodeVersion } from './message.ts'
import { activeHashes, buildConfigPush, editOwnConfig, needsPush, receiveConfig } from './own-config.ts'
import { type ConfigState, configData, confirmDeleted, confirmStored, EMPTY_CONFIG, editConfig } from './state.ts'
import { decodeConfigState, encodeConfigState } from './state-codec.ts'
import { readUserProfile, setNewProfile, setUserProfile } from './user-profile.ts'
import { unwrapConfig } from './wrapping.ts'

const crypto = nobleCrypto()
const keys = deriveAccountKeys(crypto, parseAccountSeed(fromHex(vectors.objects.user_profile.seed)))
const now = unixMillis(1_700_000_000_000)
const context = { crypto, keys, now, name: 'profile' } as const
const alice = parseDisplayName('Alice')

/** The swarm's part: items get the hash that a node gives them. */
const stored = (items: readonly Uint8Array[]) =>
  items.map((data) => ({ hash: deriveMessageHash(crypto, keys.accountId, NAMESPACES.profile, data), data }))
const hashesOf = (items: readonly Uint8Array[]): MessageHash[] => stored(items).map(({ hash }) => hash)

const edit = (state: ConfigState, change: (data: MutableDict) => void) => editOwnConfig(crypto, state, change)
const createUserProfile = (name: DisplayName, time: UnixMillis) =>
  edit(EMPTY_CONFIG, (data) => setNewProfile(data, name, time))
const withDisplayName = (state: ConfigState, name: DisplayName, time: UnixMillis) =>
  edit(state, (data) => setUserProfile(data, { name }, time))
const build = (state: ConfigState) => buildConfigPush(context, state)
const open = (items: readonly Uint8Array[], current = EMPTY_CONFIG) => receiveConfig(context, current, stored(items))
/** What a device sees of it. */
const seen = (state: ConfigState) => ({
  displayName: readUserProfile(configData(state)).name,
  needsPush: needsPush(state),
  active: activeHashes(state),
  obsolete: state.obsolete,
})

test('a name set on one device is read on another', () => {
  const first = createUserProfile(alice, now)
  expect(seen(first)).toMatchObject({ displayName: 'Alice', needsPush: true })
  const push = build(first)
  expect(push).toMatchObject({ seqno: 1, obsolete: [], hashes: hashesOf(push.items) })
  expect(needsPush(confirmStored(push.state, push))).toBe(false)
  const second = open(push.items)
  expect(seen(second)).toMatchObject({ displayName: 'Alice', needsPush: false, active: hashesOf(push.items) })
  expect(decodeConfigState(crypto, encodeConfigState(crypto, second))).toEqual(second)
  const renamed = withDisplayName(second, parseDisplayName('Alice 2'), now)
  expect(seen(renamed)).toMatchObject({ needsPush: true, active: [], obsolete: hashesOf(push.items) })
})

const later = unixMillis(now + 60_000)
const latest = unixMillis(now + 120_000)
/** Stored, and the state after that. */
const pushed = (state: ConfigState) => {
  const push = build(state)
  return { items: push.items, state: confirmStored(push.state, push) }
}

test('a new name keeps everything that another app stored', () => {
  const known = vectors.objects.user_profile
  const state = open([fromHex(known.push.encrypted)])
  expect(seen(state)).toMatchObject({ displayName: 'Zoë', needsPush: false })
  const before = configData(state)
  const renamed = open(pushed(withDisplayName(state, alice, later)).items)
  expect(seen(renamed).displayName).toBe('Alice')
  const expected = new Map([...before, ['n', utf8('Alice')], ['t', later / 1000]])
  expect(configData(renamed)).toEqual(expected)
})

test('the time of a name goes where the newest time is', () => {
  const withTimes = (t: number, T: number) => {
    const state = editConfig(EMPTY_CONFIG, (data) => data.set('t', t).set('T', T))
    const renamed = withDisplayName(state, parseDisplayName('Bob'), now)
    return [configData(renamed).get('t'), configData(renamed).get('T')]
  }
  expect(withTimes(5, 5)).toEqual([now / 1000, 5])
  expect(withTimes(5, 6)).toEqual([5, now / 1000])
  expect(withTimes(1_600_000_000_000, 1_600_000_001)).toEqual([1_600_000_000_000, now / 1000])
})

test('a name that is there already changes nothing', () => {
  const { state } = pushed(createUserProfile(alice, now))
  expect(withDisplayName(state, alice, later)).toBe(state)
})

test('a name that cannot be shown is none', () => {
  const named = (name: Uint8Array | number) => {
    const push = build(editConfig(EMPTY_CONFIG, (data) => data.set('n', name)))
    return seen(open(push.items)).displayName
  }
  expect([named(Uint8Array.of(0xff)), named(utf8(' ')), named(7), named(utf8(' Bob '))]).toEqual([
    undefined,
    undefined,
    undefined,
    'Bob',
  ])
})

test('an account without a stored profile has no name, and nothing to push', () => {
  expect(seen(open([]))).toMatchObject({ displayName: undefined, needsPush: false, active: [], obsolete: [] })
})

test('a confirmation that comes too late leaves the newer name to be pushed', () => {
  const push = build(createUserProfile(alice, now))
  const renamed = withDisplayName(push.state, parseDisplayName('Bob'), later)
  const hashes = hashesOf(push.items)
  expect(seen(confirmStored(renamed, push))).toMatchObject({ displayName: 'Bob', needsPush: true })
  const second = build(renamed)
  expect(second.seqno).toBe(push.seqno + 1)
  expect(needsPush(confirmStored(second.state, push))).toBe(true)
  expect(seen(open(push.items, second.state))).toMatchObject({ displayName: 'Bob', needsPush: true, obsolete: hashes })
})

test('obsolete copies are handed out until they are deleted', () => {
  const first = pushed(createUserProfile(alice, now))
  const hashes = hashesOf(first.items)
  const renamed = withDisplayName(first.state, parseDisplayName('Bob'), later)
  const second = build(renamed)
  expect(second.obsolete).toEqual(hashes)
  expect(build(second.state).obsolete).toEqual(hashes)
  expect(confirmDeleted(second.state, hashes).obsolete).toEqual([])
})

test('a copy that holds the very bytes to be stored is not handed out for deletion', () => {
  const push = build(createUserProfile(alice, now))
  const raw = unwrapConfig({ crypto, keys, now, object: USER_PROFILE_OBJECT }, push.items[0]!)
  // Two copies of one version, as two apps store them: the first found stays, the second goes.
  const state = open([raw, ...push.items])
  expect(activeHashes(state)).toEqual(hashesOf([raw]))
  expect(state.obsolete).toEqual(hashesOf(push.items))
  expect(build(state)).toMatchObject({ items: push.items, obsolete: [] })
})

test('a name that is not stored yet survives when other devices merged without it', () => {
  const common = pushed(createUserProfile(alice, now)).items
  const offline = withDisplayName(open(common), parseDisplayName('Offline'), latest)
  const one = pushed(withDisplayName(open(common), parseDisplayName('One'), later))
  const two = pushed(withDisplayName(open(common), parseDisplayName('Two'), later))
  const merged = pushed(open(two.items, one.state))
  expect(seen(open(merged.items, offline))).toMatchObject({ displayName: 'Offline', needsPush: true })
  const older = withDisplayName(open(common), parseDisplayName('Older'), unixMillis(now - 60_000))
  expect(seen(open(merged.items, older)).displayName).toMatch(/^(One|Two)$/)
})

test('a name that is not stored yet survives five versions of another device', () => {
  let other = pushed(createUserProfile(alice, now))
  const offline = withDisplayName(open(other.items), parseDisplayName('Offline'), latest)
  for (const name of ['1', '2', '3', '4', '5', '6'])
    other = pushed(withDisplayName(other.state, parseDisplayName(name), later))
  expect(seen(open(other.items, offline))).toMatchObject({ displayName: 'Offline', needsPush: true })
})

test('a state of the first form is read: clean, handed out and edited', () => {
  const first = build(createUserProfile(alice, now))
  const clean = confirmStored(first.state, first)
  const edited = withDisplayName(clean, parseDisplayName('Bob'), later)
  for (const [kind, state] of [clean, first.state, edited].entries()) {
    const draft = state.kind === 'dirty' ? state.draft : undefined
    const version = state.kind === 'dirty' ? { ...state.draft, diff: new Map() } : state.version
    const old = bencodeDict({
      version: 1,
      kind,
      message: encodeVersion(version),
      hash: state.kind === 'dirty' ? undefined : state.version.hash,
      base: draft?.base as BencodeInput | undefined,
      current: state.current,
      obsolete: state.obsolete,
      sets: [],
    })
    const decoded = decodeConfigState(crypto, encodeBencode(old))
    expect(decoded).toEqual(state.kind === 'waiting' ? { ...state, stored: state.version.data } : state)
  }
})
