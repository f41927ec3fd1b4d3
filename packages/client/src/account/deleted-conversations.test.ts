import { test } from 'node:test'
import {
  type AccountId,
  type Contact,
  minutes,
  NAMESPACES,
  type RetrievedMessage,
  unixMillis,
} from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import type { SharedConfigs } from '../config/config-facade.ts'
import type { NetworkTime } from '../network-time.ts'
import { parseStoreKey } from '../store/key-vault.ts'
import { MemoryDisk, MemoryStore } from '../store/memory-store.ts'
import { SealedStore } from '../store/sealed-store.ts'
import { DeletedConversations } from './deleted-conversations.ts'

const NOW = unixMillis(1_767_225_600_000)
const [self, friend, hidden, stranger] = ['05a', '05b', '05c', '05d'] as unknown as [
  AccountId,
  AccountId,
  AccountId,
  AccountId,
]
const contacts = new Map([
  [friend, { priority: 0 }],
  [hidden, { priority: -1 }],
])
const shared = { contacts: { get: (id: AccountId) => contacts.get(id) as Contact | undefined } } as SharedConfigs
const time = { now: () => NOW } as NetworkTime

test('old messages of hidden conversations, and old copies to nobody we know, do not come back', async () => {
  const disk = new MemoryDisk()
  const crypto = createNativeCrypto()
  const open = async () => {
    const key = parseStoreKey(new Uint8Array(32).fill(1))
    const store = await SealedStore.open({ store: new MemoryStore(disk), key, crypto, random: seededRandom(1) })
    return { store, deleted: new DeletedConversations({ store, self, time, shared }) }
  }
  const old = unixMillis(NOW - minutes(5))
  const fresh = unixMillis(NOW - minutes(1))
  {
    const { deleted, store } = await open()
    await using _ = store
    expect(deleted.has(hidden, old, false)).toBe(false)
    const item = (at: number) => ({ timestamp: unixMillis(at) }) as RetrievedMessage
    await deleted.note(NAMESPACES.profile, [item(NOW)])
    expect(deleted.has(hidden, old, false)).toBe(false)
    // A time to come counts as now.
    await deleted.note(NAMESPACES.contacts, [item(NOW + minutes(60)), item(old)])
  }
  const { deleted, store } = await open()
  await using _ = store
  await deleted.load()
  expect(deleted.has(hidden, old, false)).toBe(true)
  expect(deleted.has(hidden, old, true)).toBe(true)
  expect(deleted.has(hidden, fresh, false)).toBe(false)
  expect(deleted.has(stranger, old, true)).toBe(true)
  expect(deleted.has(stranger, old, false)).toBe(false)
  expect(deleted.has(friend, old, true)).toBe(false)
  expect(deleted.has(self, old, true)).toBe(false)
})
