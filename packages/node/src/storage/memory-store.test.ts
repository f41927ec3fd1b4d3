import { test } from 'node:test'
import { millis, unixMillis } from '@starling/protocol'
import { settle, VirtualClock } from '@starling/runtime/testing'
import { expect } from 'expect'
import { MemoryDisk } from './memory-disk.ts'
import { openMemoryStore } from './memory-store.ts'
import { describeNodeStore } from './node-store.suite.ts'
import { hashOf, storedMessage } from './store-fixture.suite.ts'

const query = { ...storedMessage(0), now: unixMillis(0), sizeBudget: 1e9, countLimit: 1e6 }
const closed = { name: 'NodeStoreError', code: 'closed' }

describeNodeStore('the memory store', async (limits) => {
  const disk = new MemoryDisk({ clock: new VirtualClock(), writeDelay: millis(0) })
  let store = await openMemoryStore(disk, limits)
  return {
    store,
    reopen: async () => {
      await store[Symbol.asyncDispose]()
      store = await openMemoryStore(disk, limits)
      return store
    },
  }
})

async function slowDisk() {
  const clock = new VirtualClock()
  const disk = new MemoryDisk({ clock, writeDelay: millis(5) })
  const present = async () => {
    const store = await openMemoryStore(disk)
    const { messages } = await store.retrieve(query)
    disk.crash()
    return messages.map(({ hash }) => hash)
  }
  return { clock, disk, store: await openMemoryStore(disk), present }
}

test('a write is acknowledged and seen after the delay; what comes meanwhile is the next group', async () => {
  const { clock, disk, store } = await slowDisk()
  const acknowledged: number[] = []
  const put = async (number: number) => {
    await store.put(storedMessage(number))
    acknowledged.push(number)
  }
  const puts = [put(1), put(2)]
  await clock.advance(millis(4))
  puts.push(put(3))
  expect((await store.retrieve(query)).messages).toEqual([])
  await clock.advance(millis(1))
  expect(acknowledged).toEqual([1, 2])
  await clock.advance(millis(5))
  expect(acknowledged).toEqual([1, 2, 3])
  await Promise.all(puts)
  disk.crash()
  expect(clock.pending).toBe(0)
})

test('a crash loses what was not acknowledged, keeps what was, and closes the store', async () => {
  const { clock, disk, store, present } = await slowDisk()
  const kept = store.put(storedMessage(1))
  await clock.advance(millis(5))
  await kept
  const lost = store.put(storedMessage(2))
  await clock.advance(millis(4))
  disk.crash()
  await expect(lost).rejects.toMatchObject(closed)
  await expect(store.put(storedMessage(3))).rejects.toMatchObject(closed)
  await expect(store.retrieve(query)).rejects.toMatchObject(closed)
  await store[Symbol.asyncDispose]()
  expect(await present()).toEqual([hashOf(1)])
  expect(clock.pending).toBe(0)
})

test('a torn crash keeps the first writes that were not acknowledged', async () => {
  const { disk, store, present } = await slowDisk()
  const lost = [1, 2, 3].map((number) => store.put(storedMessage(number)))
  const settled = Promise.allSettled(lost)
  disk.crash({ torn: 2 })
  expect(new Set((await settled).map(({ status }) => status))).toEqual(new Set(['rejected']))
  expect(await present()).toEqual([hashOf(1), hashOf(2)])
})

test('a full disk refuses what is new and takes deletions; a broken one refuses every write; both serve reads', async () => {
  const disk = new MemoryDisk({ clock: new VirtualClock(), writeDelay: millis(0) })
  const store = await openMemoryStore(disk)
  await store.put(storedMessage(1))
  await store.put(storedMessage(2))
  disk.failWrites('full')
  const request = { member: storedMessage(0).owner.slice(2) as never, expiry: unixMillis(9e12) }
  await expect(store.put(storedMessage(3))).rejects.toMatchObject({ code: 'full' })
  await expect(store.setValue('key', new Uint8Array())).rejects.toMatchObject({ code: 'full' })
  await expect(
    store.addHints([{ ...request, work: { kind: 'request', request: new Uint8Array() } }]),
  ).rejects.toMatchObject({ code: 'full' })
  expect(await store.put(storedMessage(2))).toMatchObject({ kind: 'existed' })
  expect(await store.delete(query.owner, [hashOf(1)])).toEqual([hashOf(1)])
  disk.failWrites('io')
  await expect(store.delete(query.owner, [hashOf(2)])).rejects.toMatchObject({ code: 'io' })
  expect((await store.retrieve(query)).messages).toEqual([storedMessage(2)])
  disk.failWrites(undefined)
  expect(await store.put(storedMessage(3))).toEqual({ kind: 'stored' })
})

test('a wiped disk is empty, and one disk serves one store at a time', async () => {
  const disk = new MemoryDisk({ clock: new VirtualClock(), writeDelay: millis(0) })
  const store = await openMemoryStore(disk)
  await store.put(storedMessage(1))
  await expect(openMemoryStore(disk)).rejects.toMatchObject({ code: 'io' })
  disk.wipe()
  await settle()
  await expect(store.stats()).rejects.toMatchObject(closed)
  const again = await openMemoryStore(disk)
  expect(await again.stats()).toEqual({ messages: 0, records: 0, hints: 0, sizeBytes: 0 })
})
