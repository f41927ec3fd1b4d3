import { test } from 'node:test'
import { expect } from 'expect'
import { describeLocalStore } from './local-store.suite.ts'
import { MemoryDisk, MemoryStore } from './memory-store.ts'

describeLocalStore('memory store', async () => {
  const disk = new MemoryDisk()
  return { open: async () => new MemoryStore(disk), remove: async () => {} }
})

test('a full disk refuses the whole batch and keeps what it had', async () => {
  const disk = new MemoryDisk()
  disk.capacityBytes = 4
  await using store = new MemoryStore(disk)
  const [key, value] = [Uint8Array.of(1), Uint8Array.of(1)]
  await store.write([{ kind: 'put', key, value }])
  const tooMuch = [
    { kind: 'delete', key } as const,
    { kind: 'put', key: Uint8Array.of(2), value: new Uint8Array(4) } as const,
  ]
  await expect(store.write(tooMuch)).rejects.toEqual(expect.objectContaining({ code: 'full' }))
  expect(await store.get(key)).toEqual(value)
})

test('a loss of power takes relaxed writes since the last strict one, the latest first', async () => {
  const disk = new MemoryDisk()
  await using store = new MemoryStore(disk)
  const put = (key: number, value: number) =>
    [{ kind: 'put', key: Uint8Array.of(key), value: Uint8Array.of(value) }] as const
  const relaxed = { durability: 'relaxed' } as const
  await store.write(put(1, 1), relaxed)
  await store.write(put(2, 1))
  await store.write(put(1, 2), relaxed)
  await store.write([{ kind: 'delete', key: Uint8Array.of(2) }], relaxed)
  await store.write(put(2, 3), relaxed)
  await store.write(put(3, 1), relaxed)
  const values = () => Promise.all([1, 2, 3].map(async (key) => (await store.get(Uint8Array.of(key)))?.[0]))
  disk.losePower({ kept: 1 })
  expect(await values()).toEqual([2, 1, undefined])
  disk.losePower()
  expect(await values()).toEqual([2, 1, undefined])
})
