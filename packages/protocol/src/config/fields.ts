/**
 * Fields of a config record. What stands under a key with another type or size than it should is absent; what is written
 * empty is removed; all other keys of the record stay as they are. docs/protocol/config.md §5.
 */
import type { UnixMillis } from '../brand.ts'
import { fromHex, toHex } from '../bytes/hex.ts'
import { fromUtf8, utf8 } from '../bytes/utf8.ts'
import type { Expiration, ProfilePicture } from '../envelope/message-content.ts'
import { MalformedInputError } from '../errors.ts'
import { truncateDisplayName } from '../identity/display-name.ts'
import { type ConfigDict, compareScalars, isConfigDict, isConfigSet, type MutableDict } from './data.ts'

/** Where an app shall notify: as its own setting says, of all, of nothing, of what mentions us. */
export type Notifications = 'default' | 'all' | 'disabled' | 'mentions'

export const FEATURES = { proBadge: 0, animatedPicture: 1 } as const

const EMPTY: ConfigDict = new Map()
const NOTIFICATIONS: readonly Notifications[] = ['default', 'all', 'disabled', 'mentions']
const MODES = [undefined, 'afterSend', 'afterRead'] as const
const MAX_URL_BYTES = 223
const PICTURE_KEY_SIZE = 32
const MAX_FEATURES = 64

export function bytesIn(record: ConfigDict, key: string, size?: number): Uint8Array | undefined {
  const value = record.get(key)
  return value instanceof Uint8Array && (size === undefined || value.length === size) ? value : undefined
}

/** '' where there is none, or none in UTF-8. */
export function textIn(record: ConfigDict, key: string): string {
  const bytes = bytesIn(record, key)
  try {
    return bytes === undefined ? '' : fromUtf8(bytes)
  } catch (error) {
    if (error instanceof MalformedInputError) return ''
    throw error
  }
}

/** 0 where there is none. */
export function numberIn(record: ConfigDict, key: string): number {
  const value = record.get(key)
  return typeof value === 'number' ? value : 0
}

export function flagIn(record: ConfigDict, key: string): boolean {
  return numberIn(record, key) > 0
}

/** Seconds, 0 where there are none; some apps wrote milliseconds or microseconds. */
export function secondsIn(record: ConfigDict, key: string): number {
  return normalSeconds(Math.max(0, numberIn(record, key)))
}

export function dictIn(data: ConfigDict, key: string): ConfigDict {
  const value = data.get(key)
  return isConfigDict(value) ? value : EMPTY
}

/** The dict under `key` for changes; an empty one, where there is none. It goes again with the last entry. */
export function dictFor(data: MutableDict, key: string): MutableDict {
  const value = data.get(key)
  if (isConfigDict(value)) return value as MutableDict // an edit has copies of all dicts
  const created: MutableDict = new Map()
  data.set(key, created)
  return created
}

export function nameIn(record: ConfigDict, key: string): string {
  return truncateDisplayName(textIn(record, key)) ?? ''
}

export function notificationsIn(record: ConfigDict): Notifications {
  return NOTIFICATIONS[numberIn(record, '@')] ?? 'default'
}

export function expirationIn(record: ConfigDict): Expiration | undefined {
  const mode = MODES[numberIn(record, 'e')]
  const seconds = numberIn(record, 'E')
  return mode !== undefined && seconds > 0 ? { mode, seconds } : undefined
}

/** Under two keys: the address, and the 32 bytes that open the picture. */
export function pictureIn(record: ConfigDict, urlKey = 'p', keyKey = 'q'): ProfilePicture | undefined {
  const url = textIn(record, urlKey)
  const key = bytesIn(record, keyKey, PICTURE_KEY_SIZE)
  return key !== undefined && url !== '' && utf8(url).length <= MAX_URL_BYTES ? { url, key } : undefined
}

/** Numbers of features, ascending, at most 64. */
export function featuresIn(record: ConfigDict): readonly number[] {
  const set = record.get('f')
  if (!isConfigSet(set)) return []
  return set.filter((item): item is number => typeof item === 'number' && item >= 0).slice(0, MAX_FEATURES)
}

export function setNumber(record: MutableDict, key: string, value: number): void {
  const whole = Math.trunc(value)
  if (whole === 0 || !Number.isSafeInteger(whole)) record.delete(key)
  else record.set(key, whole)
}

export function setFlag(record: MutableDict, key: string, value: boolean): void {
  setNumber(record, key, value ? 1 : 0)
}

export function setSeconds(record: MutableDict, key: string, value: number): void {
  setNumber(record, key, normalSeconds(Math.max(0, value)))
}

/** Cut to 100 bytes. An empty one stays as such where the record needs it to exist. */
export function setName(record: MutableDict, key: string, value: string, options: { keepEmpty: boolean }): void {
  const name = truncateDisplayName(value)
  if (name !== undefined) record.set(key, utf8(name))
  else if (options.keepEmpty) record.set(key, new Uint8Array())
  else record.delete(key)
}

export function setNotifications(record: MutableDict, value: Notifications): void {
  setNumber(record, '@', NOTIFICATIONS.indexOf(value))
}

export function setExpiration(record: MutableDict, value: Expiration | 'off'): void {
  const expiration = value === 'off' || !(value.seconds >= 1) ? undefined : value
  setNumber(record, 'e', expiration === undefined ? 0 : MODES.indexOf(expiration.mode))
  setNumber(record, 'E', expiration?.seconds ?? 0)
}

export function setPicture(record: MutableDict, value: ProfilePicture | 'none', urlKey = 'p', keyKey = 'q'): void {
  const url = value === 'none' ? new Uint8Array() : utf8(value.url)
  const isUsable = url.length >= 1 && url.length <= MAX_URL_BYTES
  if (value === 'none' || !isUsable || value.key.length !== PICTURE_KEY_SIZE) {
    record.delete(urlKey)
    record.delete(keyKey)
    return
  }
  record.set(urlKey, url)
  record.set(keyKey, value.key)
}

export function setFeatures(record: MutableDict, features: readonly number[]): void {
  record.set('f', [...new Set(features)].sort(compareScalars)) // an empty set is pruned
}

export function secondsOf(time: UnixMillis): number {
  return Math.floor(time / 1000)
}

/** A key of bytes as hex, and back; `undefined` for a key that is none of the prefix and 33 bytes. */
export function idOfKey(key: string, prefixes: readonly string[]): string | undefined {
  if (key.length !== 33) return undefined
  const id = toHex(Uint8Array.from(key, (character) => character.charCodeAt(0)))
  return prefixes.includes(id.slice(0, 2)) ? id : undefined
}

export function keyOfId(id: string): string {
  return keyOfBytes(fromHex(id))
}

/** Text as a key: its UTF-8, one character for each byte. */
export function keyOfText(text: string): string {
  return keyOfBytes(utf8(text))
}

export function textOfKey(key: string): string | undefined {
  try {
    return fromUtf8(Uint8Array.from(key, (character) => character.charCodeAt(0)))
  } catch (error) {
    if (error instanceof MalformedInputError) return undefined
    throw error
  }
}

function keyOfBytes(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

function normalSeconds(time: number): number {
  return Math.floor(time > 9e12 ? time / 1e6 : time > 9e9 ? time / 1e3 : time)
}
