/** The published objects of the compatible apps: written, read, pushed and dumped. docs/protocol/config.md §5. */
import { test } from 'node:test'
import { expect } from 'expect'
import vectors from '../../vectors/config.json' with { type: 'json' }
import { unixMillis } from '../brand.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { utf8 } from '../bytes/utf8.ts'
import { type AccountId, parseAccountId } from '../identity/account-id.ts'
import { deriveAccountKeys, parseAccountSeed } from '../identity/account-seed.ts'
import { parseDisplayName } from '../identity/display-name.ts'
import type { MessageHash } from '../rpc/message-hash.ts'
import { nobleCrypto } from '../testing.ts'
import { formatCommunityAddress, parseBaseUrl, parseCommunityAddress } from './community-address.ts'
import { eraseContact, listBlindedContacts, listContacts, setBlindedContact, setContact } from './contacts.ts'
import { listReadPositions, setMarkedUnread, setReadUntil } from './conversation-info.ts'
import type { ConfigDict, MutableDict } from './data.ts'
import { dictFor, dictIn, keyOfId, numberIn } from './fields.ts'
import { type GroupId, parseGroupId } from './group-id.ts'
import { encodeVersion } from './message.ts'
import { buildConfigPush, editOwnConfig, OWN_CONFIGS, type OwnConfigName, receiveConfig } from './own-config.ts'
import { type ConfigState, configData, configSeqno, confirmDeleted, confirmStored, EMPTY_CONFIG } from './state.ts'
import { decodeConfigState, encodeConfigState } from './state-codec.ts'
import {
  eraseKnownCommunity,
  listKnownCommunities,
  listKnownGroups,
  listKnownLegacyGroups,
  setGroupRemoved,
  setKnownCommunity,
  setKnownGroup,
} from './user-groups.ts'
import { readUserProfile, setRenewedPicture, setUserProfile } from './user-profile.ts'
import { unwrapConfig } from './wrapping.ts'

const crypto = nobleCrypto()
const { objects } = vectors
const keys = deriveAccountKeys(crypto, parseAccountSeed(fromHex(objects.contacts.seed)))
const now = unixMillis(1_700_000_000_000)
const serverKey = fromHex('0123456789abcdef'.repeat(4))

type Push = {
  seqno: number
  obsolete: string[]
  encrypted: string
  plaintext: string
  hash: string
  wrapped_size?: number
}

/** Stands for a name such as `stored1`, in the form of a message hash. */
const hashOf = (name: string) => name.padEnd(43, 'A') as MessageHash

/** Plays the part of one object: each change is pushed as the vector says, and another device reads it. */
class Player {
  readonly #name: OwnConfigName
  state: ConfigState = EMPTY_CONFIG

  constructor(name: OwnConfigName) {
    this.#name = name
  }

  /** What another device reads. */
  push(expected: Push, edit: (data: MutableDict) => void): ConfigDict {
    const context = { crypto, keys, now, name: this.#name }
    const push = buildConfigPush(context, editOwnConfig(crypto, this.state, edit))
    const { version } = push.state as Extract<ConfigState, { kind: 'waiting' }>
    expect([push.seqno, toHex(encodeVersion(version))]).toEqual([expected.seqno, expected.plaintext])
    expect(toHex(version.hash)).toBe(expected.hash)
    const { object } = OWN_CONFIGS[this.#name]
    expect(push.items.map((item) => toHex(unwrapConfig({ ...context, object }, item)))).toEqual([expected.encrypted])
    if (expected.wrapped_size !== undefined) expect(push.items[0]!.length).toBe(expected.wrapped_size)
    expect(push.obsolete).toEqual(expected.obsolete.map(hashOf))
    const stored = confirmStored(push.state, { seqno: push.seqno, hashes: [hashOf(`stored${push.seqno}`)] })
    this.state = confirmDeleted(stored, push.obsolete)
    const item = { hash: hashOf('read'), data: fromHex(expected.encrypted) }
    const read = configData(receiveConfig(context, EMPTY_CONFIG, [item]))
    expect(read).toEqual(configData(this.state))
    return read
  }

  /** The state has the form in which the other apps keep it, and comes back. */
  expectDump(dump: Uint8Array): void {
    expect(toHex(encodeConfigState(crypto, this.state))).toBe(toHex(dump))
    expect(decodeConfigState(crypto, dump)).toEqual(this.state)
  }
}

/** A dump in which the name of a copy is put in the form of a message hash. */
const withHash = (dump: Uint8Array) => {
  const latin1 = String.fromCharCode(...dump).replace('7:stored1', `43:${hashOf('stored1')}`)
  return Uint8Array.from(latin1, (character) => character.charCodeAt(0))
}
/** Printable ASCII, other bytes as \xNN. */
const unescaped = (text: string) => {
  const latin1 = text.replace(/\\x([0-9a-f]{2})/g, (_, byte: string) => String.fromCharCode(Number.parseInt(byte, 16)))
  return Uint8Array.from(latin1, (character) => character.charCodeAt(0))
}

const ids = ['00', '11', '22'].map((byte) => parseAccountId(`05${byte.repeat(32)}`))
const [joe, other, quiet] = ids as [AccountId, AccountId, AccountId]

test('writes and reads the known profile, and a picture that was stored again', () => {
  const { push, data, dump_after_confirm: dump, after_reupload } = objects.user_profile
  const player = new Player('profile')
  const picture = { url: data.p, key: utf8(data.q) }
  const profile = { name: parseDisplayName('Zoë'), picture, priority: -1, timerSeconds: 604_800, features: [0, 1] }
  const read = player.push(push, (edited) => setUserProfile(edited, { ...profile, communityRequests: false }, now))
  expect(readUserProfile(read)).toEqual({ ...profile, communityRequests: false, updatedSeconds: now / 1000 })
  player.expectDump(withHash(unescaped(dump)))
  const url = 'http://filev2.getsession.org/file/new456#d'
  const renewed = { url, key: utf8('secret78901234567890123456789999') }
  const later = unixMillis(now + 500_000)
  const after = player.push(after_reupload.push, (edited) => setRenewedPicture(edited, renewed, later))
  expect(readUserProfile(after)).toMatchObject({ picture: renewed, updatedSeconds: later / 1000 })
})

test('writes and reads the known contacts', () => {
  const { push, later, dump_after_confirm: dump } = objects.contacts
  const player = new Player('contacts')
  const read = player.push(push, (data) => {
    setContact(data, joe, {
      name: 'Joe',
      nickname: 'Joey',
      profileSeconds: 1,
      approved: true,
      approvedMe: true,
      createdSeconds: 1_680_064_059_000,
      notifications: 'all',
      mutedUntilSeconds: 1_700_001_800_000_000,
    })
    setContact(data, other, {
      name: 'Other',
      blocked: true,
      priority: -1,
      picture: { url: 'http://example.com/p', key: utf8('qwerty78901234567890123456789012') },
      expiration: { mode: 'afterRead', seconds: 86_400 },
      createdSeconds: 1_700_000_000,
      notifications: 'mentions',
    })
    setContact(data, quiet, { priority: 3, expiration: { mode: 'afterSend', seconds: 60 } })
  })
  const common = { picture: undefined, profileSeconds: 0, mutedUntilSeconds: 0, createdSeconds: 0, features: [] }
  const no = { nickname: '', approved: false, approvedMe: false, blocked: false, priority: 0 }
  expect(listContacts(read)).toEqual([
    {
      ...common,
      ...no,
      id: joe,
      name: 'Joe',
      nickname: 'Joey',
      profileSeconds: 1,
      approved: true,
      approvedMe: true,
      notifications: 'all',
      mutedUntilSeconds: 1_700_001_800,
      createdSeconds: 1_680_064_059,
      expiration: undefined,
    },
    {
      ...common,
      ...no,
      id: other,
      name: 'Other',
      blocked: true,
      priority: -1,
      picture: { url: 'http://example.com/p', key: utf8('qwerty78901234567890123456789012') },
      expiration: { mode: 'afterRead', seconds: 86_400 },
      notifications: 'all',
      createdSeconds: 1_700_000_000,
    },
    {
      ...common,
      ...no,
      id: quiet,
      name: '',
      priority: 3,
      expiration: { mode: 'afterSend', seconds: 60 },
      notifications: 'default',
    },
  ])
  player.expectDump(withHash(unescaped(dump)))
  const baseUrl = parseBaseUrl('https://Example.COM:443/')
  const place = { id: `15aa${'b'.repeat(62)}`, baseUrl, serverKey: fromHex('1234567890abcdef'.repeat(4)) }
  const edits = [
    (data: MutableDict) => setContact(data, quiet, { approved: true }),
    (data: MutableDict) => eraseContact(data, joe),
    (data: MutableDict) => setBlindedContact(data, place, { name: 'Blinded', createdSeconds: 1_700_000_001 }),
  ]
  for (const [i, edit] of edits.entries()) player.push(later[i]!.push, edit)
  const blinded = { picture: undefined, profileSeconds: 0, priority: 0, createdSeconds: 1_700_000_001 }
  expect(listBlindedContacts(configData(player.state))).toEqual([{ ...place, ...blinded, name: 'Blinded' }])
})

test('writes and reads the known read positions', () => {
  const { push, set, dump_after_confirm: dump } = objects.convo_info_volatile
  const far = (step: number) => unixMillis(set.far + step)
  const community = { kind: 'community', baseUrl: 'http://example.org:5678', room: 'sudokuroom', serverKey } as const
  const positions = [
    { conversation: { kind: 'account', id: joe }, position: { readUntil: far(0), markedUnread: false } },
    { conversation: { kind: 'account', id: other }, position: { readUntil: far(1), markedUnread: true } },
    {
      conversation: { kind: 'group', id: parseGroupId(`03${'cc'.repeat(32)}`) },
      position: { readUntil: far(3), markedUnread: false },
    },
    {
      conversation: { kind: 'legacyGroup', id: `05${'cc'.repeat(32)}` },
      position: { readUntil: far(4), markedUnread: false },
    },
    {
      conversation: { kind: 'blinded', id: `15${'bb'.repeat(32)}` },
      position: { readUntil: far(5), markedUnread: false },
    },
    {
      conversation: { kind: 'blinded', id: `25${'bb'.repeat(32)}` },
      position: { readUntil: far(6), markedUnread: false },
    },
    { conversation: community, position: { readUntil: far(2), markedUnread: false } },
  ] as const
  const player = new Player('conversationInfo')
  const read = player.push(push as Push, (data) => {
    for (const { conversation, position } of positions) {
      setReadUntil(data, conversation, position.readUntil, now)
      setMarkedUnread(data, conversation, position.markedUnread)
    }
    setReadUntil(data, { kind: 'account', id: quiet }, unixMillis(1000), now)
  })
  expect(listReadPositions(read)).toEqual(positions)
  player.expectDump(withHash(fromHex(dump)))
})

test('writes and reads the known groups and communities', () => {
  const { push, later, data: known, dump_after_confirm: dump } = objects.user_groups
  const [member, invited, admin, kicked, destroyed] = ['aa', 'bb', '', 'dd', 'ee'].map((byte) =>
    parseGroupId(
      byte === '' ? `03${'c50cb3ae956947a8de19135b5be2685ff348afc63fc34a837aca12bc5c1f5625'}` : `03${byte.repeat(32)}`,
    ),
  ) as [GroupId, GroupId, GroupId, GroupId, GroupId]
  const adminSeed = fromHex('0123456789abcdeffedcba98765432100123456789abcdeffedcba9876543210')
  const sudoku = { baseUrl: 'http://example.org', room: 'SudokuRoom', serverKey }
  const another = { baseUrl: 'https://example.org:8443', room: 'Another', serverKey }
  const authOf = (letter: string) => utf8(letter.repeat(100))
  const legacy = `05${'ff'.repeat(32)}`
  const player = new Player('userGroups')
  const read = player.push(push, (data) => {
    setKnownGroup(data, admin, { name: 'Admin group', adminSeed, joinedSeconds: now / 1000 })
    setKnownGroup(data, member, {
      name: 'Member group',
      authData: authOf('B'),
      priority: 2,
      notifications: 'mentions',
    })
    setKnownGroup(data, invited, { name: 'Invite', authData: authOf('C'), isInvitation: true })
    setKnownGroup(data, kicked, { name: 'Kicked', authData: authOf('D') })
    setGroupRemoved(data, kicked, 'kicked')
    setGroupRemoved(data, destroyed, 'destroyed')
    setKnownCommunity(data, sudoku, { priority: 1, joinedSeconds: 1_700_000_002 })
    setKnownCommunity(data, another, {})
    // Groups of the time before are only kept: another app wrote this one.
    const record = dictFor(dictFor(data, 'C'), keyOfId(legacy))
    record
      .set('E', 3600)
      .set('K', new Uint8Array(32).fill(2))
      .set('k', new Uint8Array(32).fill(1))
      .set('n', utf8('Old'))
    record
      .set('a', [fromHex(joe)])
      .set('m', [fromHex(other)])
      .set('j', 1_600_000_000)
  })
  const settings = {
    priority: 0,
    notifications: 'default',
    mutedUntilSeconds: 0,
    joinedSeconds: 0,
    isInvitation: false,
  } as const
  const group = { adminSeed: undefined, authData: undefined, removed: undefined, ...settings }
  expect(listKnownGroups(crypto, read)).toEqual([
    { ...group, id: member, name: 'Member group', authData: authOf('B'), priority: 2, notifications: 'mentions' },
    { ...group, id: invited, name: 'Invite', authData: authOf('C'), isInvitation: true },
    { ...group, id: admin, name: 'Admin group', adminSeed, joinedSeconds: now / 1000 },
    { ...group, id: kicked, name: 'Kicked', removed: 'kicked' },
    { ...group, id: destroyed, name: '', removed: 'destroyed' },
  ])
  expect(listKnownCommunities(read)).toEqual([
    { ...settings, address: sudoku, priority: 1, joinedSeconds: 1_700_000_002 },
    { ...settings, address: another },
  ])
  expect(listKnownLegacyGroups(read)).toEqual([{ ...settings, id: legacy, name: 'Old', joinedSeconds: 1_600_000_000 }])
  expect(Object.keys(known.g)).toHaveLength(5)
  player.expectDump(withHash(fromHex(dump)))
  const after = player.push(later[0]!.push, (data) => eraseKnownCommunity(data, sudoku))
  expect(listKnownCommunities(after).map(({ address }) => address)).toEqual([another])
})

test('reads a state that another app saved long ago, times in other units among it', () => {
  const { dump, joined_at_read, mute_until_read } = objects.old_dump
  const state = decodeConfigState(crypto, fromHex(dump))
  expect(listKnownGroups(crypto, configData(state))).toMatchObject([
    { joinedSeconds: joined_at_read, mutedUntilSeconds: mute_until_read },
  ])
})

test('writes and reads a state that is edited and not stored', () => {
  const dump = unescaped(objects.local.dump_text)
  const state = decodeConfigState(crypto, dump)
  expect(numberIn(dictIn(configData(state), 'settings'), 'isCallEnabled')).toBe(1)
  expect([state.kind, configSeqno(state)]).toEqual(['dirty', 1])
  expect(encodeConfigState(crypto, state)).toEqual(dump)
})

test('brings the known addresses of communities in their form', () => {
  for (const { input, canonical } of objects.community_urls.canonical) expect(parseBaseUrl(input)).toBe(canonical)
  for (const vector of objects.community_urls.full) {
    const address = parseCommunityAddress(vector.input)
    expect([address.baseUrl, address.room, toHex(address.serverKey)]).toEqual([
      vector.base_url,
      vector.room,
      vector.pubkey,
    ])
    expect(formatCommunityAddress(address)).toBe(vector.full_url)
  }
})
