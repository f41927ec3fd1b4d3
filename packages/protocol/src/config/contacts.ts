/** The people an account knows, in step on all of its devices: namespace 3 of its swarm. docs/protocol/config.md §5.2. */
import type { Expiration, ProfilePicture } from '../envelope/message-content.ts'
import { type AccountId, parseAccountId } from '../identity/account-id.ts'
import { type ConfigDict, isConfigDict, type MutableDict } from './data.ts'
import {
  bytesIn,
  dictFor,
  dictIn,
  expirationIn,
  featuresIn,
  flagIn,
  idOfKey,
  keyOfId,
  keyOfText,
  type Notifications,
  nameIn,
  notificationsIn,
  numberIn,
  pictureIn,
  secondsIn,
  setExpiration,
  setFeatures,
  setFlag,
  setName,
  setNotifications,
  setNumber,
  setPicture,
  setSeconds,
  textOfKey,
} from './fields.ts'

export type Contact = {
  readonly id: AccountId
  /** Their own, at most 100 bytes; '' if unknown. */
  readonly name: string
  /** Given by the user; '' if none. */
  readonly nickname: string
  readonly picture: ProfilePicture | undefined
  /** When they changed name or picture, by their clock; 0: unknown. */
  readonly profileSeconds: number
  /** We wrote to them or accepted them. */
  readonly approved: boolean
  /** They accepted us. */
  readonly approvedMe: boolean
  readonly blocked: boolean
  /** −1: the conversation is hidden; 0: normal; more: pinned, higher first. */
  readonly priority: number
  /** Never `mentions`: with one person it reads as `all`. */
  readonly notifications: Notifications
  /** 0: not muted. */
  readonly mutedUntilSeconds: number
  readonly expiration: Expiration | undefined
  /** 0: unknown. */
  readonly createdSeconds: number
  readonly features: readonly number[]
}

/** What is left out stays. */
export type ContactChange = Partial<Omit<Contact, 'id' | 'picture' | 'expiration'>> & {
  readonly picture?: ProfilePicture | 'none'
  readonly expiration?: Expiration | 'off'
}

/** Somebody known by the ID that a community shows; `id`: 66 hex digits with the prefix 15 or 25. */
export type BlindedContact = Pick<Contact, 'name' | 'picture' | 'profileSeconds' | 'priority' | 'createdSeconds'> & {
  readonly id: string
  readonly baseUrl: string
  readonly serverKey: Uint8Array
}

const RECORDS = 'c'
const BLINDED = 'b'

/** `undefined`: no contact, as most strangers are. */
export function readContact(data: ConfigDict, id: AccountId): Contact | undefined {
  const record = dictIn(data, RECORDS).get(keyOfId(id))
  return isConfigDict(record) ? contactOf(id, record) : undefined
}

/** In the order of their IDs. */
export function listContacts(data: ConfigDict): readonly Contact[] {
  return [...dictIn(data, RECORDS)].flatMap(([key, record]) => {
    const id = idOfKey(key, ['05'])
    return id !== undefined && isConfigDict(record) ? [contactOf(parseAccountId(id), record)] : []
  })
}

/** Changes fields of a contact, who becomes one with the first change. For `editOwnConfig`. */
export function setContact(data: MutableDict, id: AccountId, change: ContactChange): void {
  const record = dictFor(dictFor(data, RECORDS), keyOfId(id))
  setName(record, 'n', change.name ?? nameIn(record, 'n'), { keepEmpty: true })
  if (change.nickname !== undefined) setName(record, 'N', change.nickname, { keepEmpty: false })
  if (change.picture !== undefined) setPicture(record, change.picture)
  if (change.profileSeconds !== undefined) setSeconds(record, 't', change.profileSeconds)
  if (change.approved !== undefined) setFlag(record, 'a', change.approved)
  if (change.approvedMe !== undefined) setFlag(record, 'A', change.approvedMe)
  if (change.blocked !== undefined) setFlag(record, 'b', change.blocked)
  if (change.priority !== undefined) setNumber(record, '+', change.priority)
  if (change.notifications !== undefined) setNotifications(record, withoutMentions(change.notifications))
  if (change.mutedUntilSeconds !== undefined) setSeconds(record, '!', change.mutedUntilSeconds)
  if (change.expiration !== undefined) setExpiration(record, change.expiration)
  if (change.createdSeconds !== undefined) setSeconds(record, 'j', change.createdSeconds)
  if (change.features !== undefined) setFeatures(record, change.features)
}

/** The other devices delete the conversation, too. */
export function eraseContact(data: MutableDict, id: AccountId): void {
  dictFor(data, RECORDS).delete(keyOfId(id))
}

export function listBlindedContacts(data: ConfigDict): readonly BlindedContact[] {
  return [...dictIn(data, BLINDED)].flatMap(([key, server]) => {
    const baseUrl = textOfKey(key)
    const serverKey = isConfigDict(server) ? bytesIn(server, '#', 32) : undefined
    if (baseUrl === undefined || serverKey === undefined) return []
    return [...dictIn(server as ConfigDict, 'R')].flatMap(([digits, record]) =>
      /^[0-9a-f]{64}$/.test(digits) && isConfigDict(record)
        ? [blindedOf(record, { id: `${flagIn(record, 'y') ? '15' : '25'}${digits}`, baseUrl, serverKey })]
        : [],
    )
  })
}

/** `baseUrl` is canonical. */
export function setBlindedContact(
  data: MutableDict,
  place: Pick<BlindedContact, 'id' | 'baseUrl' | 'serverKey'>,
  change: Pick<ContactChange, 'name' | 'picture' | 'profileSeconds' | 'priority' | 'createdSeconds'>,
): void {
  const server = dictFor(dictFor(data, BLINDED), keyOfText(place.baseUrl))
  server.set('#', place.serverKey)
  const record = dictFor(dictFor(server, 'R'), place.id.slice(2))
  setName(record, 'n', change.name ?? nameIn(record, 'n'), { keepEmpty: true })
  setFlag(record, 'y', place.id.startsWith('15'))
  if (change.picture !== undefined) setPicture(record, change.picture)
  if (change.profileSeconds !== undefined) setSeconds(record, 't', change.profileSeconds)
  if (change.priority !== undefined) setNumber(record, '+', change.priority)
  if (change.createdSeconds !== undefined) setSeconds(record, 'j', change.createdSeconds)
}

/** With the last one of a community its entry goes. */
export function eraseBlindedContact(data: MutableDict, { id, baseUrl }: Pick<BlindedContact, 'id' | 'baseUrl'>): void {
  const servers = dictFor(data, BLINDED)
  const server = servers.get(keyOfText(baseUrl))
  if (!isConfigDict(server)) return
  const records = dictFor(server as MutableDict, 'R')
  records.delete(id.slice(2))
  if (records.size === 0) servers.delete(keyOfText(baseUrl))
}

function contactOf(id: AccountId, record: ConfigDict): Contact {
  return {
    id,
    name: nameIn(record, 'n'),
    nickname: nameIn(record, 'N'),
    picture: pictureIn(record),
    profileSeconds: secondsIn(record, 't'),
    approved: flagIn(record, 'a'),
    approvedMe: flagIn(record, 'A'),
    blocked: flagIn(record, 'b'),
    priority: numberIn(record, '+'),
    notifications: withoutMentions(notificationsIn(record)),
    mutedUntilSeconds: secondsIn(record, '!'),
    expiration: expirationIn(record),
    createdSeconds: secondsIn(record, 'j'),
    features: featuresIn(record),
  }
}

function blindedOf(record: ConfigDict, place: Pick<BlindedContact, 'id' | 'baseUrl' | 'serverKey'>): BlindedContact {
  return {
    ...place,
    name: nameIn(record, 'n'),
    picture: pictureIn(record),
    profileSeconds: secondsIn(record, 't'),
    priority: numberIn(record, '+'),
    createdSeconds: secondsIn(record, 'j'),
  }
}

function withoutMentions(value: Notifications): Notifications {
  return value === 'mentions' ? 'all' : value
}
