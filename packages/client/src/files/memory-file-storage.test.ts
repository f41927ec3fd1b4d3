import { test } from 'node:test'
import { expect } from 'expect'
import { describeFileStorage } from './file-storage.suite.ts'
import { MemoryFileStorage } from './memory-file-storage.ts'

const { signal } = new AbortController()

describeFileStorage('file storage in memory', async () => ({
  storage: new MemoryFileStorage(),
  remove: async () => {},
}))

test('a storage that is full refuses, and takes again when something was removed', async () => {
  const storage = new MemoryFileStorage({ capacityBytes: 100 })
  const put = (size: number) => storage.upload([new Uint8Array(size)], { sizeBytes: size, signal })
  const first = await put(60)
  await expect(put(60)).rejects.toThrow(expect.objectContaining({ code: 'storage_refused' }))
  storage.remove(first)
  storage.remove(first)
  await put(100)
  await expect(put(1)).rejects.toThrow(expect.objectContaining({ code: 'storage_refused' }))
})
