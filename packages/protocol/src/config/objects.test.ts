/** What the accessors of the objects change, and what they leave as it is. docs/protocol/config.md §5. */
import { test } from 'node:test'
import { expect } from 'expect'
import fc from 'fast-check'
import { days, unixMillis } from '../brand.ts'
import { concatBytes } from '../bytes/bytes.ts'
import { utf8 } from '../bytes/utf8.ts'
import { parseAccountId } from '../identity/account-id.ts'
import { parseDisplayName } from '../identity/display-name.ts'
import { nobleCrypto } from '../testing.ts'
import { changedContacts, changedGroups, changedProfile, changedReadPositions } from './changes.ts'
import { parseBaseUrl, parseCommunityAddress } from './community-address.ts'
import { eraseBlindedContact, eraseContact, readContact, setBlindedContact, setContact } from './contacts.ts'
import {
  dropOldPositions,
  eraseReadPosition,
  keepReadPositions,
  listReadPositions,
  readPosition,
  setMarkedUnread,
  setReadUntil,
} from './conversation-info.ts'
import { type ConfigDict, type ConfigValue, copyDict, type MutableDict, prunedDict } from './data.ts'
import { keyOfId } from './fields.ts'
import { parseGroupId } from './group-id.ts'
import {
  eraseKnownCommunity,
  eraseKnownGroup,
  listKnownCommunities,
  listKnownGroups,
  readKnownGroup,
  setGroupRemoved,
  setKnownCommunity,
  setKnownGroup,
} from './user-groups.ts'
import { readUserProfile, setUserProfile } from './user-profile.ts'

const crypto = nobleCrypto()
const now = unixMillis(1_700_000_000_000)
const bob = parseAccountId(`05${'22'.repeat(32)}`)
const group = parseGroupId(`03${'33'.repeat(32)}`)
const account = { kind: 'account', id: bob } as const
const serverKey = new Uint8Array(32).fill(5)
const room = { baseUrl: 'https://example.org', room: 'Lounge', serverKey }
const community = { kind: 'community', baseUrl: room.baseUrl, room: 'lounge', serverKey } as const

/** As an edit does it. */
const edited = (data: ConfigDict, ...edits: readonly ((data: MutableDict) => void)[]) => {
  const copy = copyDict(data)
  for (const edit of edits) edit(copy)
  return prunedDict(copy)
}
const EMPTY: ConfigDict = new Map()

const unknownValues = fc.oneof(
  fc.integer(),
  fc.uint8Array({ maxLength: 40 }),
  fc.array(fc.integer(), { minLength: 1, maxLength: 3 }).map((items) => [...new Set(items)].sort((a, b) => a - b)),
  fc.uint8Array({ maxLength: 4 }).map((bytes): ConfigValue => new Map([['x', bytes]])),
)
/** Keys that no object has. */
const unknown = fc.dictionary(fc.constantFrom('Z', '~x', 'zz', '\xff'), unknownValues, { minKeys: 1 })

test('keys that nobody here knows survive every edit, at every depth', () => {
  const property = fc.property(unknown, unknown, (top, inside) => {
    const withUnknown = (data: ConfigDict, ...path: string[]) =>
      edited(data, (copy) => {
        let dict = copy
        for (const key of path) dict = dict.get(key) as MutableDict
        for (const [key, value] of Object.entries(inside)) dict.set(key, value)
        for (const [key, value] of Object.entries(top)) copy.set(key, value)
      })
    const mustHave = (data: ConfigDict, ...path: string[]) => {
      let dict = data
      for (const key of path) dict = dict.get(key) as ConfigDict
      for (const [key, value] of Object.entries(inside)) expect(dict.get(key)).toEqual(value)
      for (const [key, value] of Object.entries(top)) expect(data.get(key)).toEqual(value)
    }
    const contacts = withUnknown(
      edited(EMPTY, (data) => setContact(data, bob, {})),
      'c',
      keyOfId(bob),
    )
    mustHave(
      edited(contacts, (data) => setContact(data, bob, everyField)),
      'c',
      keyOfId(bob),
    )
    mustHave(
      edited(contacts, (data) => eraseContact(data, parseAccountId(`05${'44'.repeat(32)}`))),
      'c',
      keyOfId(bob),
    )
    const positions = edited(EMPTY, (data) => setReadUntil(data, account, now, now))
    const read = withUnknown(positions, '1', keyOfId(bob))
    mustHave(
      edited(read, (data) => setMarkedUnread(data, account, true)),
      '1',
      keyOfId(bob),
    )
    mustHave(
      edited(read, (data) => dropOldPositions(data, now)),
      '1',
      keyOfId(bob),
    )
    const groups = withUnknown(
      edited(EMPTY, (data) => setKnownGroup(data, group, {})),
      'g',
      keyOfId(group),
    )
    mustHave(
      edited(groups, (data) => setGroupRemoved(data, group, 'kicked')),
      'g',
      keyOfId(group),
    )
    mustHave(
      edited(groups, (data) => setKnownCommunity(data, room, {})),
      'g',
      keyOfId(group),
    )
    const profile = edited(
      EMPTY,
      (data) => setUserProfile(data, { priority: 2 }, now),
      (data) => {
        for (const [key, value] of Object.entries(top)) data.set(key, value)
      },
    )
    const changed = edited(profile, (data) => setUserProfile(data, { picture: 'none', features: [1] }, now))
    for (const [key, value] of Object.entries(top)) expect(changed.get(key)).toEqual(value)
  })
  fc.assert(property, { numRuns: 30 })
})

const everyField = {
  name: 'Bob',
  nickname: 'Bobby',
  picture: { url: 'http://example.org/1', key: new Uint8Array(32).fill(1) },
  profileSeconds: 5,
  approved: true,
  approvedMe: true,
  blocked: true,
  priority: -1,
  notifications: 'disabled',
  mutedUntilSeconds: 6,
  expiration: { mode: 'afterSend', seconds: 7 },
  createdSeconds: 8,
  features: [0, 3],
} as const

test('every field of a contact comes back, and an edit of one leaves the others', () => {
  const all = edited(EMPTY, (data) => setContact(data, bob, everyField))
  expect(readContact(all, bob)).toEqual({ ...everyField, id: bob })
  const unblocked = edited(all, (data) => setContact(data, bob, { blocked: false }))
  expect(readContact(unblocked, bob)).toEqual({ ...everyField, id: bob, blocked: false })
  const bare = edited(all, (data) =>
    setContact(data, bob, {
      name: '',
      nickname: '',
      picture: 'none',
      profileSeconds: 0,
      approved: false,
      approvedMe: false,
      blocked: false,
      priority: 0,
      notifications: 'default',
      mutedUntilSeconds: 0,
      expiration: 'off',
      createdSeconds: 0,
      features: [],
    }),
  )
  expect(bare).toEqual(new Map([['c', new Map([[keyOfId(bob), new Map([['n', new Uint8Array()]])]])]]))
})

test('a field of another type or size is absent', () => {
  const record: MutableDict = new Map()
  for (const key of ['n', 'N', 'p', 'q', 't', 'a', '+', '@', '!', 'e', 'E', 'j']) record.set(key, new Map([['x', 1]]))
  const odd: ConfigDict = new Map([['c', new Map([[keyOfId(bob), record]])]])
  const absent = { name: '', nickname: '', picture: undefined, approved: false, priority: 0, expiration: undefined }
  expect(readContact(odd, bob)).toMatchObject({ ...absent, notifications: 'default', createdSeconds: 0 })
  const short = edited(
    EMPTY,
    (data) => setContact(data, bob, everyField),
    (data) => {
      const inside = (data.get('c') as MutableDict).get(keyOfId(bob)) as MutableDict
      inside.set('q', new Uint8Array(31)).set('n', Uint8Array.of(0xff)).set('@', 9).set('e', 3)
    },
  )
  expect(readContact(short, bob)).toMatchObject({
    name: '',
    picture: undefined,
    notifications: 'default',
    expiration: undefined,
  })
  expect(readContact(new Map([['c', 3]]), bob)).toBeUndefined()
})

test('what is too long or no number is not written', () => {
  const picture = { url: `http://${'x'.repeat(217)}`, key: new Uint8Array(32) }
  const change = { name: 'ä'.repeat(51), picture, priority: Number.NaN, mutedUntilSeconds: Number.POSITIVE_INFINITY }
  const contact = readContact(
    edited(EMPTY, (data) => setContact(data, bob, change)),
    bob,
  )
  expect(contact).toMatchObject({ name: 'ä'.repeat(50), picture: undefined, priority: 0, mutedUntilSeconds: 0 })
})

test('with the last blinded contact, room or position of a server its entry goes', () => {
  const blinded = { id: `25${'77'.repeat(32)}`, baseUrl: room.baseUrl, serverKey }
  const filled = edited(
    EMPTY,
    (data) => setBlindedContact(data, blinded, {}),
    (data) => setKnownCommunity(data, room, {}),
    (data) => setReadUntil(data, community, now, now),
  )
  expect(filled.size).toBe(2) // communities and positions share a key here; in real objects they are apart
  const emptied = edited(
    filled,
    (data) => eraseBlindedContact(data, blinded),
    (data) => eraseKnownCommunity(data, room),
  )
  expect(emptied.size).toBe(0)
  const position = edited(EMPTY, (data) => setReadUntil(data, community, now, now))
  expect(edited(position, (data) => eraseReadPosition(data, community)).size).toBe(0)
})

test('an old position is written only where it lowers one, and goes with a push after 45 days', () => {
  const old = unixMillis(now - days(31))
  expect(edited(EMPTY, (data) => setReadUntil(data, account, old, now)).size).toBe(0)
  const fresh = edited(EMPTY, (data) => setReadUntil(data, account, now, now))
  expect(
    readPosition(
      edited(fresh, (data) => setReadUntil(data, account, old, now)),
      account,
    ).readUntil,
  ).toBe(old)
  const after = (passed: number) => (data: MutableDict) => dropOldPositions(data, unixMillis(now + days(passed)))
  expect(edited(fresh, after(45))).toEqual(fresh)
  expect(edited(fresh, after(46)).size).toBe(0)
  const marked = edited(fresh, (data) => setMarkedUnread(data, account, true))
  expect(edited(marked, after(46))).toEqual(marked)
  const inRoom = edited(EMPTY, (data) => setReadUntil(data, community, now, now))
  expect(edited(inRoom, after(46)).size).toBe(0)
})

test('what was read before a merge stays read, what another device erased stays erased', () => {
  const carol = { kind: 'account', id: parseAccountId(`05${'55'.repeat(32)}`) } as const
  const before = edited(
    EMPTY,
    (data) => setReadUntil(data, account, now, now),
    (data) => setReadUntil(data, carol, now, now),
  )
  const merged = edited(EMPTY, (data) => setReadUntil(data, account, unixMillis(now - 5), now))
  const kept = edited(merged, (data) => keepReadPositions(before, data, { isOvertaken: false, now }))
  expect(listReadPositions(kept)).toEqual([
    { conversation: account, position: { readUntil: now, markedUnread: false } },
  ])
  const restored = edited(merged, (data) => keepReadPositions(before, data, { isOvertaken: true, now }))
  expect(listReadPositions(restored).map(({ conversation }) => conversation)).toEqual([account, carol])
})

test('an admin seed counts only for the group that it makes', () => {
  const seed = new Uint8Array(32).fill(9)
  const own = parseGroupId(`03${Buffer.from(crypto.ed25519KeyPair(concatBytes(seed)).publicKey).toString('hex')}`)
  const data = edited(
    EMPTY,
    (copy) => setKnownGroup(copy, own, { adminSeed: seed }),
    (copy) => setKnownGroup(copy, group, { adminSeed: seed, authData: new Uint8Array(99) }),
  )
  expect(readKnownGroup(crypto, data, own)?.adminSeed).toEqual(seed)
  expect(readKnownGroup(crypto, data, group)).toMatchObject({ adminSeed: undefined, authData: undefined })
  expect(
    listKnownGroups(
      crypto,
      edited(data, (copy) => eraseKnownGroup(copy, own)),
    ),
  ).toHaveLength(1)
})

test('the picture that was stored last is shown, and taking it away takes both', () => {
  const key = new Uint8Array(32).fill(1)
  const shown = { url: 'http://example.org/1', key }
  const data = edited(
    EMPTY,
    (copy) => setUserProfile(copy, { picture: shown }, now),
    (copy) => {
      copy
        .set('P', utf8('http://example.org/2'))
        .set('Q', key)
        .set('T', now / 1000 + 1)
    },
  )
  expect(readUserProfile(data).picture?.url).toBe('http://example.org/2')
  const none = edited(data, (copy) => setUserProfile(copy, { picture: 'none' }, now))
  expect(readUserProfile(none).picture).toBeUndefined()
  const named = edited(none, (copy) =>
    setUserProfile(copy, { name: parseDisplayName('Alice') }, unixMillis(now + 9000)),
  )
  expect(readUserProfile(named).updatedSeconds).toBe(now / 1000 + 9)
  expect(edited(named, (copy) => setUserProfile(copy, { name: parseDisplayName('Alice') }, unixMillis(9e12)))).toEqual(
    named,
  )
})

test('an address of a community that is none is refused', () => {
  const code = expect.objectContaining({ code: 'community_address' })
  for (const text of [
    '',
    'ftp://example.org',
    'https://',
    'https://a/b',
    'https://a:0',
    'https://a:65536',
    'https://a b',
  ])
    expect(() => parseBaseUrl(text)).toThrow(code)
  expect(() => parseBaseUrl(`https://${'a'.repeat(253)}:12345678`)).toThrow(code)
  const key = 'ab'.repeat(32)
  for (const text of [
    `https://a/?public_key=${key}`,
    `https://a/b?public_key=${key}0`,
    `https://a/b c?public_key=${key}`,
  ])
    expect(() => parseCommunityAddress(text)).toThrow(code)
})

test('says which entries differ', () => {
  const one = edited(EMPTY, (data) => setContact(data, bob, { name: 'Bob' }))
  const two = edited(EMPTY, (data) => setContact(data, parseAccountId(`05${'66'.repeat(32)}`), { name: 'Carol' }))
  expect(changedContacts(one, one)).toEqual([])
  expect(changedContacts(one, two)).toMatchObject([
    { before: { name: 'Bob' }, after: undefined },
    { before: undefined, after: { name: 'Carol' } },
  ])
  const read = edited(EMPTY, (data) => setReadUntil(data, community, now, now))
  expect(changedReadPositions(EMPTY, read)).toMatchObject([{ conversation: community, after: { readUntil: now } }])
  expect(changedReadPositions(read, read)).toEqual([])
  const grouped = edited(EMPTY, (data) => setKnownGroup(data, group, { name: 'Us' }))
  expect(changedGroups(crypto, grouped, EMPTY)).toMatchObject([{ id: group, after: undefined }])
  const named = edited(EMPTY, (data) => setUserProfile(data, { name: parseDisplayName('Alice') }, now))
  expect(changedProfile(EMPTY, named)?.after.name).toBe('Alice')
  expect(changedProfile(named, named)).toBeUndefined()
  expect(listKnownCommunities(named)).toEqual([])
})
