import { test } from 'node:test'
import type { AccountView } from '@starling/client'
import { expect } from 'expect'
import { sampleAccountId } from '../testing/sample-data.ts'
import { createAccounts, FIRST_SLOT, MOST_ACCOUNTS } from './accounts.ts'

function memoryStorage(start: Readonly<Record<string, string>> = {}) {
  const kept = new Map(Object.entries(start))
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  }
}
const accountOf = (name: string): AccountView => ({
  accountId: sampleAccountId(name),
  displayName: name,
  phraseConfirmed: true,
})

test('a device that knows of no accounts opens the database that there always was', () => {
  for (const storage of [undefined, memoryStorage()]) {
    expect(createAccounts(storage).snapshot).toEqual({ open: FIRST_SLOT, known: [] })
  }
})

test('accounts are added, opened and removed, and a reload finds them', () => {
  const storage = memoryStorage()
  const accounts = createAccounts(storage)
  accounts.remember(accountOf('Alice'), false)
  expect(accounts.add()).toBe(true)
  expect(accounts.snapshot.open).toBe('starling-2')
  expect(createAccounts(storage).snapshot.known).toHaveLength(1)
  accounts.remember(accountOf('Work'), false)
  accounts.open(FIRST_SLOT)
  expect(createAccounts(storage).snapshot).toEqual(accounts.snapshot)
  expect(accounts.snapshot.known.map(({ name }) => name)).toEqual(['Alice', 'Work'])
  accounts.forgetOpen()
  expect(accounts.snapshot).toMatchObject({ open: 'starling-2', known: [{ name: 'Work' }] })
  accounts.forgetOpen()
  expect(accounts.snapshot).toEqual({ open: FIRST_SLOT, known: [] })
  expect(storage.kept.size).toBe(0)
})

test('a place that was left without an account is used again', () => {
  const accounts = createAccounts(memoryStorage())
  accounts.remember(accountOf('Alice'), false)
  accounts.add()
  accounts.open(FIRST_SLOT)
  accounts.add()
  expect(accounts.snapshot.open).toBe('starling-2')
})

test('an account with a passphrase leaves neither name nor ID', () => {
  const storage = memoryStorage()
  const accounts = createAccounts(storage)
  accounts.remember(accountOf('Alice'), false)
  accounts.remember(accountOf('Alice'), true)
  expect(accounts.snapshot.known).toEqual([{ slot: FIRST_SLOT }])
  const written = [...storage.kept.values()].join()
  expect([written.includes('Alice'), written.includes(sampleAccountId('Alice'))]).toEqual([false, false])
})

test('only places that are known are opened, and there is an end to them', () => {
  const accounts = createAccounts(memoryStorage())
  accounts.open('starling-2')
  accounts.open('another database')
  expect(accounts.snapshot.open).toBe(FIRST_SLOT)
  for (let index = 0; index < MOST_ACCOUNTS; index++) {
    expect(accounts.add()).toBe(true)
    accounts.remember(accountOf(`Account ${index}`), false)
  }
  expect(accounts.add()).toBe(false)
})

test('nonsense in the storage is left out', () => {
  const of = (value: unknown) => createAccounts(memoryStorage({ 'starling.accounts': JSON.stringify(value) })).snapshot
  const nothing = { open: FIRST_SLOT, known: [] }
  for (const value of [7, null, [], { open: '../x', known: [] }, { open: FIRST_SLOT }])
    expect(of(value)).toEqual(nothing)
  const known = [{ slot: 'x' }, 7, { slot: FIRST_SLOT, name: 'Alice', accountId: '05' }, { slot: FIRST_SLOT }]
  expect(of({ open: FIRST_SLOT, known })).toEqual({ open: FIRST_SLOT, known: [{ slot: FIRST_SLOT }] })
  expect(createAccounts(memoryStorage({ 'starling.accounts': '{' })).snapshot).toEqual(nothing)
})

test('a storage that refuses is no reason to fail', () => {
  const refuse = () => {
    throw new DOMException('full', 'QuotaExceededError')
  }
  const accounts = createAccounts({ getItem: refuse, setItem: refuse, removeItem: refuse })
  accounts.remember(accountOf('Alice'), false)
  expect(accounts.snapshot.known).toHaveLength(1)
})

test('what another tab adds is known here, and what is open stays so until that account is gone', () => {
  const storage = memoryStorage()
  const here = createAccounts(storage)
  here.remember(accountOf('Alice'), false)
  const other = createAccounts(storage)
  other.add()
  other.remember(accountOf('Bob'), false)
  here.reload()
  expect(here.snapshot.known.map(({ name }) => name)).toEqual(['Alice', 'Bob'])
  expect(here.snapshot.open).toBe(FIRST_SLOT)
  other.open(FIRST_SLOT)
  other.forgetOpen()
  here.reload()
  expect(here.snapshot.open).toBe('starling-2')
})
