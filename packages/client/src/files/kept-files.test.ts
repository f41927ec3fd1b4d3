/** What is kept of files, and what has to go. */
import { test } from 'node:test'
import { type FilePointer, hours, parseAccountId, type UnixMillis, unixMillis, utf8 } from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import fc from 'fast-check'
import type { ConversationId } from '../api.ts'
import { parseStoreKey } from '../store/key-vault.ts'
import { MemoryDisk, MemoryStore } from '../store/memory-store.ts'
import { SealedStore } from '../store/sealed-store.ts'
import { KeptFiles } from './kept-files.ts'

const crypto = createNativeCrypto()
const conversationOf = (digit: string) => parseAccountId(`05${digit.repeat(64)}`) as string as ConversationId
const [wendy, jun] = [conversationOf('a'), conversationOf('b')]
const pointer = (name: number, key = 1): FilePointer => ({
  url: `http://files.invalid/file/${name}`,
  key: new Uint8Array(32).fill(key),
})

async function place(mostBytes = 1_000) {
  const disk = new MemoryDisk()
  const random = seededRandom('kept files')
  const key = () => parseStoreKey(new Uint8Array(32).fill(3))
  let time = unixMillis(1_800_000_000_000)
  const open = async () => {
    const store = await SealedStore.open({ store: new MemoryStore(disk), key: key(), crypto, random })
    return { store, kept: new KeptFiles({ store, now: () => time, mostBytes }) }
  }
  const pass = (duration: number) => (time = (time + duration) as UnixMillis)
  return { ...(await open()), open, disk, pass }
}

const bytes = (size: number, fill = 7) => new Uint8Array(size).fill(fill)

test('what was put is there when the store is opened again, and under no other pointer', async () => {
  const { kept, store, open } = await place()
  await kept.put(pointer(1), utf8('a picture'), wendy)
  await store[Symbol.asyncDispose]()
  const { kept: again } = await open()
  expect(await again.get(pointer(1))).toEqual(utf8('a picture'))
  for (const other of [pointer(2), pointer(1, 2), { ...pointer(1), size: 4 }, { ...pointer(1), digest: bytes(32) }])
    expect(await again.get(other)).toBe(undefined)
  expect(await again.usage()).toEqual({ files: 1, bytes: 9 })
})

test('there is never more than may be, and what nobody looked at for longest goes first', async () => {
  const { kept, pass } = await place()
  for (const name of [1, 2, 3, 4]) {
    await kept.put(pointer(name), bytes(250))
    pass(hours(1))
  }
  await kept.noteUse(pointer(1))
  await kept.put(pointer(5), bytes(300))
  const there = await Promise.all([1, 2, 3, 4, 5].map(async (name) => (await kept.get(pointer(name))) !== undefined))
  expect(there).toEqual([true, false, false, true, true])
  expect(await kept.usage()).toEqual({ files: 3, bytes: 800 })
  await kept.put(pointer(6), bytes(1_001))
  expect(await kept.usage()).toEqual({ files: 3, bytes: 800 })
})

test('that it was looked at is remembered, and not written at every look', async () => {
  const { kept, store, open, pass, disk } = await place()
  await kept.put(pointer(1), bytes(500))
  pass(hours(2))
  await kept.put(pointer(2), bytes(500))
  await kept.noteUse(pointer(1))
  disk.writesLeft = 0
  pass(hours(1) - 1)
  await kept.noteUse(pointer(1))
  disk.writesLeft = Number.POSITIVE_INFINITY
  await store[Symbol.asyncDispose]()
  const { kept: again } = await open()
  pass(1)
  await again.noteUse(pointer(1))
  await again.put(pointer(3), bytes(500))
  expect(await again.get(pointer(1))).toEqual(bytes(500))
  expect(await again.get(pointer(2))).toBe(undefined)
})

test('files of messages, of a conversation, or all of them go, and the disk has no trace', async () => {
  const { kept, store, disk } = await place()
  const empty = disk.records.size
  await kept.put(pointer(1), bytes(10), wendy)
  await kept.put(pointer(2), bytes(10), wendy)
  await kept.put(pointer(3), bytes(10), jun)
  await kept.put(pointer(4), bytes(10))
  await store.write(await kept.forget([pointer(1), pointer(9)]))
  expect(await kept.usage()).toEqual({ files: 3, bytes: 30 })
  await store.write(await kept.forgetConversation(wendy))
  expect(await kept.get(pointer(2))).toBe(undefined)
  expect(await kept.get(pointer(3))).toEqual(bytes(10))
  await kept.forgetAll()
  expect([await kept.usage(), disk.records.size]).toEqual([{ files: 0, bytes: 0 }, empty])
})

test('whatever is put, looked at and forgotten, memory and disk say the same, within the bound', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('put' as const), name: fc.nat(6), size: fc.nat(400) }),
    fc.record({ kind: fc.constant('forget' as const), name: fc.nat(6), size: fc.nat(1) }),
    fc.record({ kind: fc.constant('use' as const), name: fc.nat(6), size: fc.nat(1) }),
    fc.record({ kind: fc.constant('restart' as const), name: fc.nat(1), size: fc.nat(1) }),
  )
  const property = fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
    const all = await place()
    let { kept, store } = all
    for (const { kind, name, size } of steps) {
      all.pass(hours(1))
      if (kind === 'put') await kept.put(pointer(name), bytes(size, name))
      else if (kind === 'use') await kept.noteUse(pointer(name))
      else if (kind === 'forget') await store.write(await kept.forget([pointer(name)]))
      else {
        const before = await kept.usage()
        await store[Symbol.asyncDispose]()
        ;({ kept, store } = await all.open())
        expect(await kept.usage()).toEqual(before)
      }
      expect((await kept.usage()).bytes).toBeLessThanOrEqual(1_000)
    }
    let found = 0
    for (let name = 0; name <= 6; name++) found += (await kept.get(pointer(name)))?.length ?? 0
    expect((await kept.usage()).bytes).toBe(found)
  })
  await fc.assert(property, { numRuns: 30 })
})
