import { test } from 'node:test'
import { concatBytes, fromHex, fromUtf8, toHex, utf8 } from '@starling/protocol'
import { nobleCrypto } from '@starling/protocol/testing'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import { parseStoreKey } from './key-vault.ts'
import { MemoryDisk, MemoryStore } from './memory-store.ts'
import { type RecordName, SealedStore } from './sealed-store.ts'

const crypto = nobleCrypto()
const random = seededRandom(1)
const unreadable = expect.objectContaining({ name: 'StoreError', code: 'unreadable' })
const keyOf = (byte: number) => parseStoreKey(new Uint8Array(32).fill(byte))
const open = (disk: MemoryDisk, key = 1) =>
  SealedStore.open({ store: new MemoryStore(disk), key: keyOf(key), crypto, random })
const name = (sort: number, partition = 'bob', table = 3): RecordName => ({
  table,
  partition,
  sort: Uint8Array.of(sort),
})

test('a record is got as it was put, after another opening too, and nothing else is found under other names', async () => {
  const disk = new MemoryDisk()
  const store = await open(disk)
  await store.write([{ kind: 'put', name: name(1), value: utf8('hello') }])
  await store[Symbol.asyncDispose]()
  await using again = await open(disk)
  expect(fromUtf8((await again.get(name(1)))!)).toBe('hello')
  for (const other of [name(2), name(1, 'carol'), name(1, 'bob', 4), name(1, '')]) {
    expect(await again.get(other)).toBeUndefined()
  }
})

test('values of every length survive', async () => {
  await using store = await open(new MemoryDisk())
  const property = fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (value) => {
    await store.write([{ kind: 'put', name: name(1), value }])
    expect(await store.get(name(1))).toEqual(value)
  })
  await fc.assert(property)
  const tricky = Uint8Array.of(0x80, 0, 0x80, 0, 0)
  await store.write([{ kind: 'put', name: name(1), value: tricky }])
  expect(await store.get(name(1))).toEqual(tricky)
})

test('a list is of one partition, in the order of the sort keys, within bounds', async () => {
  await using store = await open(new MemoryDisk())
  const names = [name(3), name(1), name(2), name(255), name(1, 'carol'), name(1, 'bob', 4)]
  await store.write(names.map((one) => ({ kind: 'put', name: one, value: one.sort })))
  const sorts = async (range: { from?: Uint8Array; to?: Uint8Array; limit?: number; reverse?: boolean }) =>
    (await store.list({ table: 3, partition: 'bob', limit: 10, ...range })).map(({ sort, value }) => {
      expect(value).toEqual(sort)
      return sort[0]
    })
  expect(await sorts({})).toEqual([1, 2, 3, 255])
  expect(await sorts({ from: Uint8Array.of(2), to: Uint8Array.of(255) })).toEqual([2, 3])
  expect(await sorts({ reverse: true, limit: 2 })).toEqual([255, 3])
  expect(await store.list({ table: 9, partition: 'bob', limit: 10 })).toEqual([])
})

test('the end of a partition is found also behind a blinded name that ends in 255', async () => {
  const disk = new MemoryDisk()
  await using store = await open(disk)
  let at = name(255)
  for (let i = 0; ![...disk.records.keys()].some((key) => key.endsWith('ffff')); i++) {
    at = name(255, `conversation ${i}`)
    await store.write([{ kind: 'put', name: at, value: at.sort }])
  }
  const { table, partition } = at
  expect((await store.list({ table, partition, limit: 10 })).length).toBe(1)
})

test('a batch is written whole or not at all', async () => {
  const disk = new MemoryDisk()
  await using store = await open(disk)
  disk.capacityBytes = 500
  const changes = [1, 2, 3, 4, 5, 6].map((i) => ({ kind: 'put' as const, name: name(i), value: utf8('hello') }))
  await expect(store.write(changes)).rejects.toEqual(expect.objectContaining({ code: 'full' }))
  expect(await store.list({ table: 3, partition: 'bob', limit: 10 })).toEqual([])
})

test('deleted and erased records are gone, and an erased store opens again', async () => {
  const disk = new MemoryDisk()
  const store = await open(disk)
  await store.write([1, 2].map((i) => ({ kind: 'put', name: name(i), value: utf8('hello') })))
  await store.write([{ kind: 'delete', name: name(1) }])
  expect((await store.list({ table: 3, partition: 'bob', limit: 10 })).length).toBe(1)
  await store.erase()
  expect(await store.get(name(2))).toBeUndefined()
  await store.write([{ kind: 'put', name: name(5), value: utf8('new') }])
  await store[Symbol.asyncDispose]()
  await using again = await open(disk)
  expect(fromUtf8((await again.get(name(5)))!)).toBe('new')
})

test('the disk holds no partition name and no value, and sizes only in steps of 64 bytes', async () => {
  const disk = new MemoryDisk()
  await using store = await open(disk)
  const accountId = `05${'ab'.repeat(32)}`
  await store.write([{ kind: 'put', name: name(1, accountId), value: utf8('meet me at noon') }])
  await store.write([{ kind: 'put', name: name(2, accountId), value: utf8('ok') }])
  const onDisk = [...disk.records].map(([key, value]) => key + toHex(value)).join(' ')
  for (const secret of [accountId, 'abababab', toHex(utf8(accountId)), toHex(utf8('noon'))]) {
    expect(onDisk.includes(secret)).toBe(false)
  }
  const sizes = [...disk.records].filter(([key]) => key.startsWith('03')).map(([, value]) => value.length)
  expect(sizes).toEqual([24 + 64 + 16, 24 + 64 + 16])
})

test('the same record put twice looks different', async () => {
  const disk = new MemoryDisk()
  await using store = await open(disk)
  const seen = new Set<string>()
  for (let i = 0; i < 3; i++) {
    await store.write([{ kind: 'put', name: name(1), value: utf8('same') }])
    for (const value of disk.records.values()) seen.add(toHex(value))
  }
  expect(seen.size).toBe(4) // three of them, and the check record
})

test('another key is told so, and the store below is closed; so is a store whose check record is gone', async () => {
  const disk = new MemoryDisk()
  const store = await open(disk)
  await store.write([{ kind: 'put', name: name(1), value: utf8('hello') }])
  await store[Symbol.asyncDispose]()
  await expect(open(disk, 2)).rejects.toEqual(unreadable)
  expect(disk.inUse).toBe(false)
  disk.records.delete('ff')
  await expect(open(disk)).rejects.toEqual(unreadable)
})

test('a record that was changed, cut or moved is unreadable', async () => {
  const disk = new MemoryDisk()
  await using store = await open(disk)
  const { partition, table } = name(1)
  await store.write([1, 2].map((i) => ({ kind: 'put', name: name(i), value: utf8(`message ${i}`) })))
  const [first, second] = [...disk.records.keys()].filter((key) => key.startsWith('03'))
  const good = disk.records.get(first!)!
  const flipped = good.map((byte, i) => (i === 30 ? byte ^ 1 : byte))
  for (const bad of [
    flipped,
    good.slice(0, 60),
    good.slice(0, 3),
    new Uint8Array(),
    concatBytes(good, fromHex('00')),
  ]) {
    disk.records.set(first!, bad)
    await expect(store.get(name(1))).rejects.toEqual(unreadable)
    await expect(store.list({ table, partition, limit: 5 })).rejects.toEqual(unreadable)
  }
  disk.records.set(first!, disk.records.get(second!)!)
  await expect(store.get(name(1))).rejects.toEqual(unreadable)
})

test('names out of bounds are the caller’s mistake, and the key given is wiped', async () => {
  const key = keyOf(1)
  await using store = await SealedStore.open({ store: new MemoryStore(), key, crypto, random })
  expect(key).toEqual(new Uint8Array(32))
  const wrong = [name(1, 'bob', 255), name(1, 'bob', -1), name(1, 'bob', 0.5), { ...name(1), sort: new Uint8Array(33) }]
  for (const one of wrong)
    await expect(store.get(one)).rejects.toEqual(expect.objectContaining({ code: 'record_name' }))
})
