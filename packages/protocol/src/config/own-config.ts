/**
 * The config objects of an account and what a device does with them. It retrieves the namespace of an object and hands all
 * of it to `receiveConfig`; after that and after `editOwnConfig`, while `needsPush`, it takes `buildConfigPush`, saves the
 * state that it gives, stores the items, `confirmStored`, deletes what is obsolete, `confirmDeleted`. It saves the
 * state each time. A restored device edits nothing before its first retrieval without a cursor was received: an edit of an
 * empty object competes with the one in the swarm. docs/protocol/config.md §6.
 */
import type { UnixMillis } from '../brand.ts'
import { equalBytes } from '../bytes/bytes.ts'
import type { Crypto } from '../crypto/crypto.ts'
import type { AccountKeys } from '../identity/account-seed.ts'
import { deriveMessageHash, type MessageHash } from '../rpc/message-hash.ts'
import {
  CONTACTS_OBJECT,
  CONVERSATION_INFO_OBJECT,
  type ConfigObject,
  type Decompress,
  type StoredConfig,
  USER_GROUPS_OBJECT,
  USER_PROFILE_OBJECT,
} from './config-object.ts'
import { dropOldPositions, keepReadPositions } from './conversation-info.ts'
import type { ConfigDict, MutableDict } from './data.ts'
import { buildItems, readItems } from './items.ts'
import { encodeVersion } from './message.ts'
import { withSet } from './multi-part.ts'
import {
  type ConfigState,
  closeConfig,
  configData,
  configSeqno,
  editAfterMerge,
  editConfig,
  keepUnstoredEdits,
  mergeConfig,
} from './state.ts'
import { keepNewerName } from './user-profile.ts'

export type OwnConfigName = 'profile' | 'contacts' | 'userGroups' | 'conversationInfo'

type OwnVersionFate = {
  /** It was not in the swarm yet, as far as is known. */
  readonly isUnstored: boolean
  /** The newer version is not built upon it, and not combined with it. */
  readonly isOvertaken: boolean
  readonly now: UnixMillis
}

type OwnConfig = {
  readonly object: ConfigObject
  /** Before a version is closed. */
  readonly clean?: (data: MutableDict, now: UnixMillis) => void
  /** After a newer version took the place of the own one: merged here, or by another device. */
  readonly settle?: (before: ConfigDict, merged: MutableDict, fate: OwnVersionFate) => void
}

/** In the order in which they are merged. */
export const OWN_CONFIGS: Readonly<Record<OwnConfigName, OwnConfig>> = {
  profile: {
    object: USER_PROFILE_OBJECT,
    settle: (before, merged, { isUnstored }) => {
      if (isUnstored) keepNewerName(before, merged)
    },
  },
  contacts: { object: CONTACTS_OBJECT },
  userGroups: { object: USER_GROUPS_OBJECT },
  conversationInfo: { object: CONVERSATION_INFO_OBJECT, clean: dropOldPositions, settle: keepReadPositions },
}

/** What the functions here are given. */
export type OwnConfigContext = {
  readonly crypto: Crypto
  readonly keys: AccountKeys
  readonly name: OwnConfigName
  readonly now: UnixMillis
}

export type ConfigPush = {
  /** Takes the place of the state that was given; save it before storing. */
  readonly state: ConfigState
  /** Names the version, for `confirmStored`. */
  readonly seqno: number
  /** To store in the namespace of the object, all of them, with a TTL of 30 days; and their hashes. */
  readonly items: readonly Uint8Array[]
  readonly hashes: readonly MessageHash[]
  /** To delete, after all items are stored. */
  readonly obsolete: readonly MessageHash[]
}

/**
 * Merges what is stored into `state`. Any order, any number of times. Items that cannot be read are skipped, and stay in the
 * swarm. `decompress` reads zstd, in which the other apps write. Edits that only this device has survive, unless another
 * device changed the same place.
 */
export function receiveConfig(
  context: OwnConfigContext & { readonly decompress?: Decompress | undefined },
  state: ConfigState,
  items: readonly StoredConfig[],
): ConfigState {
  const { crypto, name, now } = context
  const { object, settle } = OWN_CONFIGS[name]
  const { found, sets } = readItems({ ...context, object }, items, state.sets)
  const merged = mergeConfig(crypto, { ...state, sets }, found)
  if (configSeqno(merged) <= configSeqno(state)) return merged
  const isUnstored = state.kind !== 'clean'
  const isOvertaken = isNotIn(state, merged)
  const kept = state.kind === 'dirty' || isOvertaken ? keepUnstoredEdits(crypto, state, merged) : merged
  return editAfterMerge(crypto, kept, (data) => settle?.(configData(state), data, { isUnstored, isOvertaken, now }))
}

/** `edit` changes the data by the functions of the object. One that changes nothing gives the same state. */
export function editOwnConfig(crypto: Crypto, state: ConfigState, edit: (data: MutableDict) => void): ConfigState {
  return editAfterMerge(crypto, state, edit)
}

/** There is something to store: `buildConfigPush`. */
export function needsPush(state: ConfigState): boolean {
  return state.kind !== 'clean'
}

/** Copies in the swarm whose expiry the client extends. */
export function activeHashes(state: ConfigState): readonly MessageHash[] {
  return [...state.current, ...state.sets.flatMap(({ parts }) => parts.map(({ hash }) => hash))]
}

/**
 * What to store. The same content again, as long as nothing changed: storing again is always allowed, also when `needsPush`
 * is false and the swarm has lost its copy.
 *
 * @throws {MalformedInputError} `config`, over 5,000,000 bytes.
 */
export function buildConfigPush(context: OwnConfigContext, state: ConfigState): ConfigPush {
  const { crypto, keys, name, now } = context
  const { object, clean } = OWN_CONFIGS[name]
  const edited = state.kind === 'dirty' && clean ? editConfig(state, (data) => clean(data, now)) : state
  const closed = closeConfig(crypto, edited)
  const { seqno } = closed.version
  const { items, finished } = buildItems({ ...context, object }, seqno, encodeVersion(closed.version))
  const hashes = items.map((data) => deriveMessageHash(crypto, keys.accountId, object.namespace, data))
  return {
    state: finished ? { ...closed, sets: withSet(closed.sets, finished) } : closed,
    seqno,
    items,
    hashes,
    // An old copy can have the very bytes that are stored now: it would be deleted right after.
    obsolete: closed.obsolete.filter((hash) => !hashes.includes(hash)),
  }
}

/** A newer version was taken over that is not built upon the own one, and not combined with it. */
function isNotIn(before: ConfigState, after: ConfigState): boolean {
  if (before.kind === 'dirty' || after.kind === 'dirty') return false
  return !after.version.lag.some(({ hash }) => equalBytes(hash, before.version.hash))
}
