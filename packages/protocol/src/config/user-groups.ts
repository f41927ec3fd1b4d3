/** The groups and communities an account is in, in step on all of its devices: namespace 5. docs/protocol/config.md §5.4. */
import { concatBytes } from '../bytes/bytes.ts'
import { toHex } from '../bytes/hex.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { CommunityAddress } from './community-address.ts'
import { type ConfigDict, isConfigDict, type MutableDict } from './data.ts'
import {
  bytesIn,
  dictFor,
  dictIn,
  flagIn,
  idOfKey,
  keyOfId,
  keyOfText,
  type Notifications,
  nameIn,
  notificationsIn,
  numberIn,
  secondsIn,
  setFlag,
  setName,
  setNotifications,
  setNumber,
  setSeconds,
  textIn,
  textOfKey,
} from './fields.ts'
import { type GroupId, parseGroupId } from './group-id.ts'

/** What entries of all kinds have. */
export type GroupSettings = {
  /** −1: hidden; 0: normal; more: pinned, higher first. */
  readonly priority: number
  readonly notifications: Notifications
  /** 0: not muted. */
  readonly mutedUntilSeconds: number
  /** 0: unknown. */
  readonly joinedSeconds: number
  /** An invitation that nobody accepted yet. */
  readonly isInvitation: boolean
}

export type KnownGroup = GroupSettings & {
  readonly id: GroupId
  /** From the invitation; '' if unknown. */
  readonly name: string
  /** 32 bytes; only if we are an admin, and it belongs to this group. */
  readonly adminSeed: Uint8Array | undefined
  /** 100 bytes; what members read with. */
  readonly authData: Uint8Array | undefined
  readonly removed: 'kicked' | 'destroyed' | undefined
}

export type KnownGroupChange = Partial<Omit<KnownGroup, 'id' | 'removed'>>

export type KnownCommunity = GroupSettings & { readonly address: CommunityAddress }

/** Groups of the time before: they are only kept. */
export type KnownLegacyGroup = GroupSettings & { readonly id: string; readonly name: string }

const GROUPS = 'g'
const COMMUNITIES = 'o'
const LEGACY = 'C'
const SEED_SIZE = 32
const AUTH_SIZE = 100
const REMOVED = [undefined, 'kicked', 'destroyed'] as const

export function readKnownGroup(crypto: Crypto, data: ConfigDict, id: GroupId): KnownGroup | undefined {
  const record = dictIn(data, GROUPS).get(keyOfId(id))
  return isConfigDict(record) ? groupOf(crypto, id, record) : undefined
}

/** In the order of their IDs. */
export function listKnownGroups(crypto: Crypto, data: ConfigDict): readonly KnownGroup[] {
  return [...dictIn(data, GROUPS)].flatMap(([key, record]) => {
    const id = idOfKey(key, ['03'])
    return id !== undefined && isConfigDict(record) ? [groupOf(crypto, parseGroupId(id), record)] : []
  })
}

/** Changes fields of a group, which is there from the first change on. For `editOwnConfig`. */
export function setKnownGroup(data: MutableDict, id: GroupId, change: KnownGroupChange): void {
  const record = dictFor(dictFor(data, GROUPS), keyOfId(id))
  if (change.adminSeed?.length === SEED_SIZE) record.set('K', change.adminSeed)
  else if (change.adminSeed !== undefined || bytesIn(record, 'K') === undefined) record.set('K', new Uint8Array())
  if (change.authData?.length === AUTH_SIZE) record.set('s', change.authData)
  else if (change.authData !== undefined) record.delete('s')
  if (change.name !== undefined) setName(record, 'n', change.name, { keepEmpty: false })
  setSettings(record, change)
}

/** We are in it no more: with it go the keys. */
export function setGroupRemoved(data: MutableDict, id: GroupId, how: 'kicked' | 'destroyed'): void {
  const record = dictFor(dictFor(data, GROUPS), keyOfId(id))
  record.set('K', new Uint8Array())
  record.delete('s')
  record.set('r', REMOVED.indexOf(how))
}

export function eraseKnownGroup(data: MutableDict, id: GroupId): void {
  dictFor(data, GROUPS).delete(keyOfId(id))
}

export function listKnownCommunities(data: ConfigDict): readonly KnownCommunity[] {
  return [...dictIn(data, COMMUNITIES)].flatMap(([key, server]) => {
    const baseUrl = textOfKey(key)
    const serverKey = isConfigDict(server) ? bytesIn(server, '#', 32) : undefined
    if (baseUrl === undefined || serverKey === undefined) return []
    return [...dictIn(server as ConfigDict, 'R')].flatMap(([roomKey, record]) => {
      if (!isConfigDict(record)) return []
      const room = textIn(record, 'n') || roomKey
      return /^[\w-]{1,64}$/.test(room) ? [{ address: { baseUrl, room, serverKey }, ...settingsOf(record) }] : []
    })
  })
}

export function setKnownCommunity(data: MutableDict, address: CommunityAddress, change: Partial<GroupSettings>): void {
  const server = dictFor(dictFor(data, COMMUNITIES), keyOfText(address.baseUrl))
  server.set('#', address.serverKey)
  const record = dictFor(dictFor(server, 'R'), roomKeyOf(address))
  setName(record, 'n', address.room, { keepEmpty: true })
  setSettings(record, change)
}

/** With the last room of a server its entry goes. */
export function eraseKnownCommunity(data: MutableDict, address: Pick<CommunityAddress, 'baseUrl' | 'room'>): void {
  const servers = dictFor(data, COMMUNITIES)
  const server = servers.get(keyOfText(address.baseUrl))
  if (!isConfigDict(server)) return
  const rooms = dictFor(server as MutableDict, 'R')
  rooms.delete(roomKeyOf(address))
  if (rooms.size === 0) servers.delete(keyOfText(address.baseUrl))
}

export function listKnownLegacyGroups(data: ConfigDict): readonly KnownLegacyGroup[] {
  return [...dictIn(data, LEGACY)].flatMap(([key, record]) => {
    const id = idOfKey(key, ['05'])
    return id !== undefined && isConfigDict(record) ? [{ id, name: nameIn(record, 'n'), ...settingsOf(record) }] : []
  })
}

function groupOf(crypto: Crypto, id: GroupId, record: ConfigDict): KnownGroup {
  const removed = REMOVED[numberIn(record, 'r')]
  const seed = bytesIn(record, 'K', SEED_SIZE)
  return {
    id,
    name: nameIn(record, 'n'),
    adminSeed: seed !== undefined && removed === undefined && isSeedOf(crypto, seed, id) ? seed : undefined,
    authData: removed === undefined ? bytesIn(record, 's', AUTH_SIZE) : undefined,
    removed,
    ...settingsOf(record),
  }
}

function isSeedOf(crypto: Crypto, seed: Uint8Array, id: GroupId): boolean {
  return id === `03${toHex(crypto.ed25519KeyPair(concatBytes(seed)).publicKey)}`
}

function settingsOf(record: ConfigDict): GroupSettings {
  return {
    priority: numberIn(record, '+'),
    notifications: notificationsIn(record),
    mutedUntilSeconds: secondsIn(record, '!'),
    joinedSeconds: secondsIn(record, 'j'),
    isInvitation: flagIn(record, 'i'),
  }
}

function setSettings(record: MutableDict, change: Partial<GroupSettings>): void {
  if (change.priority !== undefined) setNumber(record, '+', change.priority)
  if (change.notifications !== undefined) setNotifications(record, change.notifications)
  if (change.mutedUntilSeconds !== undefined) setSeconds(record, '!', change.mutedUntilSeconds)
  if (change.joinedSeconds !== undefined) setSeconds(record, 'j', change.joinedSeconds)
  if (change.isInvitation !== undefined) setFlag(record, 'i', change.isInvitation)
}

function roomKeyOf({ room }: Pick<CommunityAddress, 'room'>): string {
  return keyOfText(room.toLowerCase())
}
