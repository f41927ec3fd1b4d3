/** What every place for files must do. */
import { test } from 'node:test'
import { equalBytes, joinBytes, parseFileUrl } from '@starling/protocol'
import { expect } from 'expect'
import type { FileStorage, Pieces } from './file-storage.ts'

const { signal } = new AbortController()
const file = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7) % 251)
const storageError = (code: string) => expect.objectContaining({ name: 'FileStorageError', code })

export function describeFileStorage(
  name: string,
  createPlace: () => Promise<{ storage: FileStorage; remove(): Promise<void> }>,
): void {
  const storageTest = (title: string, fn: (storage: FileStorage) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      const { storage, remove } = await createPlace()
      try {
        await fn(storage)
      } finally {
        await remove()
      }
    })
  describeFiles(storageTest)
  describeFailures(storageTest)
}

type StorageTest = (title: string, fn: (storage: FileStorage) => Promise<void>) => void

function describeFiles(storageTest: StorageTest): void {
  storageTest('what was uploaded comes back, whatever the pieces, and whoever changes them later', async (storage) => {
    for (const size of [1, 1000, 65_536, 200_000]) {
      const mine = file.slice()
      const url = await storage.upload(pieces(mine, size), { sizeBytes: file.length, signal })
      expect(() => parseFileUrl(url)).not.toThrow()
      mine.fill(0)
      expect(equalBytes(await all(storage, url), file)).toBe(true)
      expect(equalBytes(await all(storage, url), file)).toBe(true)
    }
  })

  storageTest('a fragment behind the URL changes nothing', async (storage) => {
    const url = await storage.upload([file], { sizeBytes: file.length, signal })
    expect(equalBytes(await all(storage, `${url.split('#')[0]}#d`), file)).toBe(true)
  })

  storageTest('a download that nobody wants anymore ends', async (storage) => {
    const url = await storage.upload([file], { sizeBytes: file.length, signal })
    for await (const piece of storage.download(url, { signal })) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
    expect(equalBytes(await all(storage, url), file)).toBe(true)
  })
}

function describeFailures(storageTest: StorageTest): void {
  storageTest('what is not there is gone', async (storage) => {
    const url = await storage.upload([file], { sizeBytes: file.length, signal })
    for (const wrong of [`${url}0`, 'http://elsewhere.invalid/file/1', 'nonsense']) {
      await expect(all(storage, wrong)).rejects.toThrow(storageError('file_gone'))
    }
  })

  storageTest('a file of another size than announced is refused', async (storage) => {
    for (const sizeBytes of [file.length - 1, file.length + 1, 0]) {
      await expect(storage.upload(pieces(file, 50_000), { sizeBytes, signal })).rejects.toThrow(
        storageError('storage_refused'),
      )
    }
  })

  storageTest('pieces that fail make the upload fail as they did', async (storage) => {
    const failure = new Error('the disk is gone')
    async function* broken() {
      yield file.subarray(0, 1000)
      throw failure
    }
    await expect(storage.upload(broken(), { sizeBytes: file.length, signal })).rejects.toBe(failure)
  })

  storageTest('uploads and downloads are called off at any time', async (storage) => {
    const reason = new Error('enough')
    const url = await storage.upload([file], { sizeBytes: file.length, signal })
    const aborted = AbortSignal.abort(reason)
    await expect(storage.upload([file], { sizeBytes: file.length, signal: aborted })).rejects.toBe(reason)
    await expect(all(storage, url, aborted)).rejects.toBe(reason)
    const midway = new AbortController()
    async function* slow() {
      yield file.subarray(0, 1000)
      midway.abort(reason)
      yield file.subarray(1000)
    }
    await expect(storage.upload(slow(), { sizeBytes: file.length, signal: midway.signal })).rejects.toBe(reason)
  })
}

function* pieces(bytes: Uint8Array, size: number): Generator<Uint8Array> & Pieces {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function all(storage: FileStorage, url: string, until = signal): Promise<Uint8Array> {
  const found: Uint8Array[] = []
  for await (const piece of storage.download(url, { signal: until })) found.push(piece)
  const whole = joinBytes(found)
  for (const piece of found) piece.fill(0) // they are ours
  return whole
}
