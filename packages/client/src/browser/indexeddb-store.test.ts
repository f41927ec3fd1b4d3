import 'fake-indexeddb/auto'
import { test } from 'node:test'
import { systemClock } from '@starling/runtime'
import { expect } from 'expect'
import { openDB } from 'idb'
import { describeLocalStore } from '../store/local-store.suite.ts'
import { toStoreError } from './indexeddb-error.ts'
import { createIndexedDbPlace } from './indexeddb-place.suite.ts'
import { openIndexedDbStore } from './indexeddb-store.ts'

describeLocalStore('IndexedDB store (fake)', createIndexedDbPlace)

const storeError = (code: string) => expect.objectContaining({ name: 'StoreError', code })

test('the errors of IndexedDB are told as those of a store', () => {
  const codes = {
    QuotaExceededError: 'full',
    InvalidStateError: 'closed',
    VersionError: 'newer_version',
    UnknownError: 'io',
  }
  for (const [name, code] of Object.entries(codes)) {
    expect(toStoreError(new DOMException('', name))).toEqual(storeError(code))
  }
  const other = new Error('a bug')
  expect(toStoreError(other)).toBe(other)
})

test('a database of a later version is refused, and its lock is given back', async () => {
  const name = 'from-the-future'
  const later = await openDB(name, 2)
  later.close()
  for (let i = 0; i < 2; i++) {
    await expect(openIndexedDbStore({ name, clock: systemClock() })).rejects.toEqual(storeError('newer_version'))
  }
})

test('a store whose database another version wants gives way and is closed', async () => {
  const name = 'gives-way'
  await using store = await openIndexedDbStore({ name, clock: systemClock() })
  const later = await openDB(name, 2)
  await expect(store.get(Uint8Array.of(1))).rejects.toEqual(storeError('closed'))
  later.close()
})

test('a value that is no bytes is unreadable', async () => {
  const name = 'tampered'
  await using store = await openIndexedDbStore({ name, clock: systemClock() })
  const database = await openDB(name, 1)
  await database.put('records', 'text', Uint8Array.of(1))
  await expect(store.get(Uint8Array.of(1))).rejects.toEqual(storeError('unreadable'))
  database.close()
})
