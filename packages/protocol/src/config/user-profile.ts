/**
 * The account's own profile, in step on all of its devices: namespace 2 of its swarm. So far the display name; everything
 * else that other apps keep in it survives. docs/protocol/config.md §5.
 *
 * What a device does: retrieve the namespace and `openUserProfile` with all of it; after a change or a merge that leaves
 * `needsPush`, `buildUserProfile`, save the state that it gives, store the items, `confirmPushed`, delete `obsolete`,
 * `confirmObsoleteDeleted`. It saves the state each time. A restored device edits nothing before its first retrieval
 * without a cursor was opened: an edit of an empty profile competes with the one in the swarm.
 */
import type { UnixMillis } from '../brand.ts'
import { fromUtf8, utf8 } from '../bytes/utf8.ts'
import type { Crypto } from '../crypto/crypto.ts'
import { MalformedInputError } from '../errors.ts'
import type { AccountKeys } from '../identity/account-seed.ts'
import { type DisplayName, truncateDisplayName } from '../identity/display-name.ts'
import { deriveMessageHash, type MessageHash } from '../rpc/message-hash.ts'
import { type Decompress, type StoredConfig, USER_PROFILE_OBJECT } from './config-object.ts'
import type { ConfigDict, MutableDict } from './data.ts'
import { buildItems, readItems } from './items.ts'
import { encodeVersion } from './message.ts'
import { withSet } from './multi-part.ts'
import {
  type ConfigState,
  closeConfig,
  configData,
  confirmDeleted,
  confirmStored,
  EMPTY_CONFIG,
  editConfig,
  mergeConfig,
} from './state.ts'
import { decodeConfigState, encodeConfigState } from './state-codec.ts'

/** Immutable. Secret: it belongs into the sealed part of the local store. */
export type ProfileState = {
  /** `undefined`: no device has set one, or none that can be shown. */
  readonly displayName: DisplayName | undefined
  /** There is something to store: `buildUserProfile`. */
  readonly needsPush: boolean
  /** Copies in the swarm whose expiry the client extends. */
  readonly active: readonly MessageHash[]
  /** Copies to delete, once the current version is stored. Not empty at times when there is nothing to push. */
  readonly obsolete: readonly MessageHash[]
  /** For this module alone. */
  readonly config: ConfigState
}

export type ProfilePush = {
  /** Takes the place of the state that was given; save it before storing. */
  readonly state: ProfileState
  /** Names the version, for `confirmPushed`. */
  readonly seqno: number
  /** To store in namespace 2, all of them, with a TTL of 30 days. */
  readonly items: readonly Uint8Array[]
  /** To delete, after all items are stored. */
  readonly obsolete: readonly MessageHash[]
}

const PRIORITY_HIDDEN = -1

/**
 * The profile of a new account: a name, and the conversation with oneself hidden, as all apps begin. Not for an account
 * that is restored.
 */
export function createUserProfile(name: DisplayName, now: UnixMillis): ProfileState {
  const edit = (data: MutableDict) => {
    data.set('+', PRIORITY_HIDDEN)
    setName(data, utf8(name), secondsOf(now))
  }
  return profileState(editConfig(EMPTY_CONFIG, edit))
}

/**
 * Merges what is stored in namespace 2 into `current`, or into an empty profile. Any order, any number of times. Items that
 * cannot be read are skipped, and stay in the swarm. `decompress` reads zstd, in which the other apps write.
 */
export function openUserProfile(options: {
  crypto: Crypto
  keys: AccountKeys
  items: readonly StoredConfig[]
  now: UnixMillis
  current?: ProfileState | undefined
  decompress?: Decompress | undefined
}): ProfileState {
  const config = options.current?.config ?? EMPTY_CONFIG
  const { found, sets } = readItems({ ...options, object: USER_PROFILE_OBJECT }, options.items, config.sets)
  const merged = mergeConfig(options.crypto, { ...config, sets }, found)
  return profileState(keepUnstoredName(config, merged))
}

/** Sets the display name, and with it the time of the profile. The same name changes nothing. */
export function withDisplayName(state: ProfileState, name: DisplayName, now: UnixMillis): ProfileState {
  if (state.displayName === name) return state
  return profileState(editConfig(state.config, (data) => setName(data, utf8(name), secondsOf(now))))
}

/**
 * What to store. The same content again, as long as nothing changed: storing again is always allowed, also when
 * `needsPush` is false and the swarm has lost its copy.
 *
 * @throws {MalformedInputError} `config`, if other apps left over 5,000,000 bytes in the profile.
 */
export function buildUserProfile(options: {
  crypto: Crypto
  keys: AccountKeys
  state: ProfileState
  now: UnixMillis
}): ProfilePush {
  const { crypto, keys } = options
  const closed = closeConfig(crypto, options.state.config)
  const { seqno } = closed.version
  const plaintext = encodeVersion(closed.version)
  const { items, finished } = buildItems({ ...options, object: USER_PROFILE_OBJECT }, seqno, plaintext)
  const state = profileState(finished ? { ...closed, sets: withSet(closed.sets, finished) } : closed)
  // An old copy can have the very bytes that are stored now: it would be deleted right after.
  const hashes = items.map((data) => deriveMessageHash(crypto, keys.accountId, USER_PROFILE_OBJECT.namespace, data))
  return { state, seqno, items, obsolete: state.obsolete.filter((hash) => !hashes.includes(hash)) }
}

/** All items of version `seqno` are stored, under `hashes`. Does nothing if the profile changed since: then it is pushed again. */
export function confirmPushed(
  state: ProfileState,
  stored: { readonly seqno: number; readonly hashes: readonly MessageHash[] },
): ProfileState {
  return profileState(confirmStored(state.config, stored))
}

/** The copies `hashes` were deleted from the swarm. Until then they are handed out again. */
export function confirmObsoleteDeleted(state: ProfileState, hashes: readonly MessageHash[]): ProfileState {
  return profileState(confirmDeleted(state.config, hashes))
}

/** Bytes for the local store. */
export function encodeProfileState(state: ProfileState): Uint8Array {
  return encodeConfigState(state.config)
}

/** @throws {CodecError | MalformedInputError} if it is no encoded state. */
export function decodeProfileState(bytes: Uint8Array): ProfileState {
  return profileState(decodeConfigState(bytes))
}

function profileState(config: ConfigState): ProfileState {
  return {
    displayName: nameIn(configData(config)),
    needsPush: config.kind !== 'clean',
    active: [...config.current, ...config.sets.flatMap(({ parts }) => parts.map(({ hash }) => hash))],
    obsolete: config.obsolete,
    config,
  }
}

function nameIn(data: ConfigDict): DisplayName | undefined {
  const name = data.get('n')
  if (!(name instanceof Uint8Array)) return undefined
  try {
    return truncateDisplayName(fromUtf8(name))
  } catch (error) {
    if (error instanceof MalformedInputError) return undefined
    throw error
  }
}

/**
 * A merge can lose an edit that was not stored yet: five versions behind, or where a device that merged wrote everything
 * anew. A name that is newer than the profile which won is therefore set again.
 */
function keepUnstoredName(before: ConfigState, merged: ConfigState): ConfigState {
  const name = configData(before).get('n')
  const time = profileTime(configData(before))
  if (before.kind === 'clean' || !(name instanceof Uint8Array) || time <= profileTime(configData(merged))) return merged
  return editConfig(merged, (data) => setName(data, name, time))
}

/** The time goes where the newest one is: `T` is that of a picture that an app renewed by itself. */
function setName(data: MutableDict, name: Uint8Array, seconds: number): void {
  data.set('n', name)
  data.set(timeIn(data, 't') >= timeIn(data, 'T') ? 't' : 'T', seconds)
}

function profileTime(data: ConfigDict): number {
  return Math.max(timeIn(data, 't'), timeIn(data, 'T'))
}

/** Seconds; some apps wrote milliseconds or microseconds. */
function timeIn(data: ConfigDict, key: 't' | 'T'): number {
  const time = data.get(key)
  if (typeof time !== 'number') return 0
  return Math.floor(time > 9e12 ? time / 1e6 : time > 9e9 ? time / 1e3 : time)
}

function secondsOf(time: UnixMillis): number {
  return Math.floor(time / 1000)
}
