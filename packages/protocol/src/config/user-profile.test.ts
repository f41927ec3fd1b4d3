import { test } from 'node:test'
import { expect } from 'expect'
import vectors from '../../vectors/config.json' with { type: 'json' }
import { unixMillis } from '../brand.ts'
import { fromHex } from '../bytes/hex.ts'
import { utf8 } from '../bytes/utf8.ts'
import { deriveAccountKeys, parseAccountSeed } from '../identity/account-seed.ts'
import { parseDisplayName } from '../identity/display-name.ts'
import { deriveMessageHash, type MessageHash } from '../rpc/message-hash.ts'
import { NAMESPACES } from '../rpc/namespace.ts'
import { nobleCrypto } from '../testing.ts'
import { USER_PROFILE_OBJECT } from './config-object.ts'
import { configData, EMPTY_CONFIG, editConfig } from './state.ts'
import {
  buildUserProfile,
  confirmObsoleteDeleted,
  confirmPushed,
  createUserProfile,
  decodeProfileState,
  encodeProfileState,
  openUserProfile,
  type ProfileState,
  withDisplayName,
} from './user-profile.ts'
import { unwrapConfig } from './wrapping.ts'

const crypto = nobleCrypto()
const keys = deriveAccountKeys(crypto, parseAccountSeed(fromHex(vectors.objects.user_profile.seed)))
const now = unixMillis(1_700_000_000_000)
const alice = parseDisplayName('Alice')

/** The swarm's part: items get the hash that a node gives them. */
const stored = (items: readonly Uint8Array[]) =>
  items.map((data) => ({ hash: deriveMessageHash(crypto, keys.accountId, NAMESPACES.profile, data), data }))
const hashesOf = (items: readonly Uint8Array[]): MessageHash[] => stored(items).map(({ hash }) => hash)

test('a name set on one device is read on another', () => {
  const first = createUserProfile(alice, now)
  expect(first).toMatchObject({ displayName: 'Alice', needsPush: true })
  const push = buildUserProfile({ crypto, keys, state: first, now })
  expect(push).toMatchObject({ seqno: 1, obsolete: [] })
  expect(confirmPushed(push.state, { seqno: 1, hashes: hashesOf(push.items) })).toMatchObject({ needsPush: false })
  const second = openUserProfile({ crypto, keys, items: stored(push.items), now })
  expect(second).toMatchObject({ displayName: 'Alice', needsPush: false, active: hashesOf(push.items) })
  expect(decodeProfileState(encodeProfileState(second))).toEqual(second)
  const renamed = withDisplayName(second, parseDisplayName('Alice 2'), now)
  expect(renamed).toMatchObject({ needsPush: true, active: [], obsolete: hashesOf(push.items) })
})

const build = (state: ProfileState) => buildUserProfile({ crypto, keys, state, now })
const open = (items: readonly Uint8Array[], current?: ProfileState) =>
  openUserProfile({ crypto, keys, items: stored(items), now, current })
const later = unixMillis(now + 60_000)
const latest = unixMillis(now + 120_000)
/** Stored, and the state after that. */
const pushed = (state: ProfileState) => {
  const push = build(state)
  const confirmed = confirmPushed(push.state, { seqno: push.seqno, hashes: hashesOf(push.items) })
  return { items: push.items, state: confirmed }
}

test('a new name keeps everything that another app stored', () => {
  const known = vectors.objects.user_profile
  const state = open([fromHex(known.push.encrypted)])
  expect(state).toMatchObject({ displayName: 'Zoë', needsPush: false })
  const before = configData(state.config)
  const renamed = open(pushed(withDisplayName(state, alice, later)).items)
  expect(renamed.displayName).toBe('Alice')
  const expected = new Map([...before, ['n', utf8('Alice')], ['t', later / 1000]])
  expect(configData(renamed.config)).toEqual(expected)
})

test('the time of a name goes where the newest time is', () => {
  const withTimes = (t: number, T: number) => {
    const config = editConfig(EMPTY_CONFIG, (data) => data.set('t', t).set('T', T))
    const state = { ...createUserProfile(alice, now), config }
    const { config: renamed } = withDisplayName(state, parseDisplayName('Bob'), now)
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
    const config = editConfig(EMPTY_CONFIG, (data) => data.set('n', name))
    const push = build({ ...createUserProfile(alice, now), config })
    return open(push.items).displayName
  }
  expect([named(Uint8Array.of(0xff)), named(utf8(' ')), named(7), named(utf8(' Bob '))]).toEqual([
    undefined,
    undefined,
    undefined,
    'Bob',
  ])
})

test('an account without a stored profile has no name, and nothing to push', () => {
  expect(open([])).toMatchObject({ displayName: undefined, needsPush: false, active: [], obsolete: [] })
})

test('a confirmation that comes too late leaves the newer name to be pushed', () => {
  const push = build(createUserProfile(alice, now))
  const renamed = withDisplayName(push.state, parseDisplayName('Bob'), later)
  const hashes = hashesOf(push.items)
  expect(confirmPushed(renamed, { seqno: push.seqno, hashes })).toMatchObject({ displayName: 'Bob', needsPush: true })
  const second = build(renamed)
  expect(second.seqno).toBe(push.seqno + 1)
  expect(confirmPushed(second.state, { seqno: push.seqno, hashes }).needsPush).toBe(true)
  expect(open(push.items, second.state)).toMatchObject({ displayName: 'Bob', needsPush: true, obsolete: hashes })
})

test('obsolete copies are handed out until they are deleted', () => {
  const first = pushed(createUserProfile(alice, now))
  const hashes = hashesOf(first.items)
  const renamed = withDisplayName(first.state, parseDisplayName('Bob'), later)
  const second = build(renamed)
  expect(second.obsolete).toEqual(hashes)
  expect(build(second.state).obsolete).toEqual(hashes)
  expect(confirmObsoleteDeleted(second.state, hashes).obsolete).toEqual([])
})

test('a copy that holds the very bytes to be stored is not handed out for deletion', () => {
  const push = build(createUserProfile(alice, now))
  const raw = unwrapConfig({ crypto, keys, now, object: USER_PROFILE_OBJECT }, push.items[0]!)
  // Two copies of one version, as two apps store them: the first found stays, the second goes.
  const state = open([raw, ...push.items])
  expect(state.active).toEqual(hashesOf([raw]))
  expect(state.obsolete).toEqual(hashesOf(push.items))
  expect(build(state)).toMatchObject({ items: push.items, obsolete: [] })
})

test('a name that is not stored yet survives when other devices merged without it', () => {
  const common = pushed(createUserProfile(alice, now)).items
  const offline = withDisplayName(open(common), parseDisplayName('Offline'), latest)
  const one = pushed(withDisplayName(open(common), parseDisplayName('One'), later))
  const two = pushed(withDisplayName(open(common), parseDisplayName('Two'), later))
  const merged = pushed(open(two.items, one.state))
  expect(open(merged.items, offline)).toMatchObject({ displayName: 'Offline', needsPush: true })
  const older = withDisplayName(open(common), parseDisplayName('Older'), unixMillis(now - 60_000))
  expect(open(merged.items, older).displayName).toMatch(/^(One|Two)$/)
})

test('a name that is not stored yet survives five versions of another device', () => {
  let other = pushed(createUserProfile(alice, now))
  const offline = withDisplayName(open(other.items), parseDisplayName('Offline'), latest)
  for (const name of ['1', '2', '3', '4', '5', '6'])
    other = pushed(withDisplayName(other.state, parseDisplayName(name), later))
  expect(open(other.items, offline)).toMatchObject({ displayName: 'Offline', needsPush: true })
})
