/** The facade over the states: every edit changes the fields that it names and wakes the push. */
import {
  type AccountId,
  type Crypto,
  eraseContact,
  eraseReadPosition,
  listContacts,
  listKnownCommunities,
  listKnownGroups,
  listReadPositions,
  type MutableDict,
  type OwnConfigName,
  readContact,
  readPosition,
  readUserProfile,
  setContact,
  setMarkedUnread,
  setReadUntil,
  setUserProfile,
  type UnixMillis,
} from '@starling/protocol'
import type {
  ConfigWrites,
  SharedConfigs,
  SharedContacts,
  SharedGroups,
  SharedProfile,
  SharedReadState,
} from './config-facade.ts'
import type { ConfigStates } from './config-states.ts'

export type SharedConfigsOptions = {
  readonly crypto: Crypto
  readonly states: ConfigStates
  readonly self: AccountId
  readonly now: () => UnixMillis
  /** There is something to push. */
  readonly onEdit: () => void
}

export function createSharedConfigs(options: SharedConfigsOptions): SharedConfigs {
  const edit = (name: OwnConfigName, change: (data: MutableDict) => void): ConfigWrites => {
    const writes = options.states.edit(name, change)
    if (writes.length > 0) options.onEdit()
    return writes
  }
  return {
    profile: sharedProfile(options, edit),
    contacts: sharedContacts(options, edit),
    readState: sharedReadState(options, edit),
    groups: sharedGroups(options),
  }
}

type Edit = (name: OwnConfigName, change: (data: MutableDict) => void) => ConfigWrites

function sharedProfile({ states, now }: SharedConfigsOptions, edit: Edit): SharedProfile {
  return {
    get: () => readUserProfile(states.data('profile')),
    set: (change) => edit('profile', (data) => setUserProfile(data, change, now())),
  }
}

function sharedContacts({ states, self }: SharedConfigsOptions, edit: Edit): SharedContacts {
  const data = () => states.data('contacts')
  return {
    get: (id) => (id === self ? undefined : readContact(data(), id)),
    list: () => listContacts(data()).filter(({ id }) => id !== self),
    set: (id, change) => (id === self ? [] : edit('contacts', (dict) => setContact(dict, id, change))),
    erase: (id) => [
      ...edit('contacts', (dict) => eraseContact(dict, id)),
      ...edit('conversationInfo', (dict) => eraseReadPosition(dict, { kind: 'account', id })),
    ],
  }
}

function sharedReadState({ states, now }: SharedConfigsOptions, edit: Edit): SharedReadState {
  const refOf = (id: AccountId) => ({ kind: 'account', id }) as const
  const data = () => states.data('conversationInfo')
  return {
    get: (id) => readPosition(data(), refOf(id)),
    list: () => listReadPositions(data()),
    raise: (id, readUntil) => {
      const isLater = readUntil > readPosition(data(), refOf(id)).readUntil
      return isLater ? edit('conversationInfo', (dict) => setReadUntil(dict, refOf(id), readUntil, now())) : []
    },
    markUnread: (id, marked) => edit('conversationInfo', (dict) => setMarkedUnread(dict, refOf(id), marked)),
  }
}

function sharedGroups({ crypto, states }: SharedConfigsOptions): SharedGroups {
  return {
    list: () => listKnownGroups(crypto, states.data('userGroups')),
    communities: () => listKnownCommunities(states.data('userGroups')),
  }
}
