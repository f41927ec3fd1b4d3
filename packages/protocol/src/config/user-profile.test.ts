import { test } from 'node:test'
import { expect } from 'expect'
import vectors from '../../vectors/config.json' with { type: 'json' }
import { unixMillis } from '../brand.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { deriveAccountKeys, parseAccountSeed } from '../identity/account-seed.ts'
import { parseDisplayName } from '../identity/display-name.ts'
import { deriveMessageHash, type MessageHash } from '../rpc/message-hash.ts'
import { NAMESPACES } from '../rpc/namespace.ts'
import { nobleCrypto } from '../testing.ts'
import {
  buildUserProfile,
  confirmPushed,
  createUserProfile,
  decodeProfileState,
  encodeProfileState,
  openUserProfile,
  withDisplayName,
} from './user-profile.ts'

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

test('reads the profile that another app stored', () => {
  const data = fromHex(vectors.objects.user_profile.push.encrypted)
  const state = openUserProfile({ crypto, keys, items: stored([data]), now })
  expect(state).toMatchObject({ displayName: 'Zoë', needsPush: false })
  expect(toHex(buildUserProfile({ crypto, keys, state, now }).items[0]!)).not.toBe('')
})
