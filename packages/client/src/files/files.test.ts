import { test } from 'node:test'
import {
  deriveStreamSecret,
  equalBytes,
  type FilePointer,
  joinBytes,
  MAX_BLOB_BYTES,
  MAX_FILE_BYTES,
  sealStream,
  utf8,
} from '@starling/protocol'
import { createNativeCrypto } from '@starling/runtime/native'
import { seededRandom } from '@starling/runtime/testing'
import { expect } from 'expect'
import type { FileStorage } from './file-storage.ts'
import { Files } from './files.ts'
import { MemoryFileStorage } from './memory-file-storage.ts'

const crypto = createNativeCrypto()
const { signal } = new AbortController()
const file = Uint8Array.from({ length: 300_000 }, (_, i) => i % 253)
const filesWith = (storage: FileStorage | undefined) => new Files({ crypto, random: seededRandom(1), storage })
const coded = (code: string) => expect.objectContaining({ code })

test('a file goes up encrypted, and comes back by what its message says', async () => {
  const storage = new MemoryFileStorage()
  const files = filesWith(storage)
  const sent = await files.upload({ bytes: file, contentType: 'image/png', fileName: 'a.png', width: 2 }, { signal })
  expect(sent).toMatchObject({
    contentType: 'image/png',
    fileName: 'a.png',
    width: 2,
    size: file.length,
    isVoice: false,
  })
  expect(sent.key).toHaveLength(64)
  const there: Uint8Array[] = []
  for await (const piece of storage.download(sent.url, { signal })) there.push(piece)
  const blob = joinBytes(there)
  expect(blob.length).toBeGreaterThan(file.length)
  expect(Buffer.from(blob).includes(Buffer.from(file.subarray(0, 64)))).toBe(false)
  expect(equalBytes(await files.download(sent, { signal }), file)).toBe(true)
})

test('pictures, voice messages and images of previews come back as well', async () => {
  const files = filesWith(new MemoryFileStorage())
  expect(equalBytes(await files.download(await files.uploadPicture(file, { signal }), { signal }), file)).toBe(true)
  const voice = await files.upload({ bytes: file, contentType: 'audio/aac', isVoice: true }, { signal })
  expect(voice.isVoice).toBe(true)
  const image = await files.uploadPreviewImage({ bytes: file }, { signal })
  expect(equalBytes(await files.download(image, { signal }), file)).toBe(true)
  await expect(files.uploadPreviewImage({ bytes: new Uint8Array(1_000_001) }, { signal })).rejects.toThrow(
    coded('file_too_large'),
  )
})

test('reads encrypted streams', async () => {
  const storage = new MemoryFileStorage()
  const secret = deriveStreamSecret({ crypto, seed: new Uint8Array(32), plain: file, purpose: 'attachment' })
  const blob = sealStream(crypto, secret, file)
  const url = await storage.upload([blob], { sizeBytes: blob.length, signal })
  const files = filesWith(storage)
  expect(equalBytes(await files.download({ url: `${url}#d`, key: secret.key }, { signal }), file)).toBe(true)
  await expect(files.download({ url: `${url}#d`, key: new Uint8Array(32) }, { signal })).rejects.toThrow(
    coded('open_failed'),
  )
})

test('without a storage nothing goes up or down, and it is said why', async () => {
  const files = filesWith(undefined)
  const pointer = { url: 'http://files/file/1', key: new Uint8Array(64), digest: new Uint8Array(32) }
  for (const call of [
    () => files.upload({ bytes: file }, { signal }),
    () => files.uploadPicture(file, { signal }),
    () => files.uploadPreviewImage({ bytes: file }, { signal }),
    () => files.download(pointer, { signal }),
  ]) {
    await expect(call()).rejects.toThrow(coded('files_unavailable'))
  }
})

test('tells how far it is', async () => {
  const files = filesWith(new MemoryFileStorage())
  const up: number[] = []
  const down: number[] = []
  const sent = await files.upload({ bytes: file }, { signal, onProgress: ({ bytes }) => up.push(bytes) })
  await files.download(sent, { signal, onProgress: ({ bytes }) => down.push(bytes) })
  for (const steps of [up, down]) expect(steps).toEqual(steps.toSorted((a, b) => a - b))
  expect(up[0]).toBe(0)
  expect(up.at(-1)).toBe(down.at(-1))
})

test('a file that was tampered with is not shown, and one that is gone is told to be', async () => {
  const storage = new MemoryFileStorage()
  const files = filesWith(storage)
  const [one, other] = [
    await files.upload({ bytes: file }, { signal }),
    await files.upload({ bytes: file }, { signal }),
  ]
  await expect(files.download({ ...one, url: other.url }, { signal })).rejects.toThrow(coded('open_failed'))
  storage.remove(one.url)
  await expect(files.download(one, { signal })).rejects.toThrow(coded('file_gone'))
})

test('refuses pointers that cannot be good, before anything is fetched', async () => {
  const storage: FileStorage = {
    upload: () => Promise.reject(new Error('not asked for')),
    download: () => {
      throw new Error('not asked for')
    },
  }
  const files = filesWith(storage)
  const url = 'http://files/file/1'
  const pointers: [FilePointer, string][] = [
    [{ url }, 'not_encrypted'],
    [{ url, key: new Uint8Array(64) }, 'file_format'],
    [{ url: 'javascript:alert(1)', key: new Uint8Array(32) }, 'file_format'],
    [{ url, key: new Uint8Array(32), size: MAX_FILE_BYTES + 1 }, 'file_too_large'],
  ]
  for (const [pointer, code] of pointers) await expect(files.download(pointer, { signal })).rejects.toThrow(coded(code))
  await expect(files.upload({ bytes: new Uint8Array(MAX_FILE_BYTES + 1) }, { signal })).rejects.toThrow(
    coded('file_too_large'),
  )
})

test('a server that sends without end is left', async () => {
  let isLeft = false
  let sent = 0
  async function* endless() {
    try {
      for (;;) {
        sent += 1_000_000
        yield new Uint8Array(1_000_000)
      }
    } finally {
      isLeft = true
    }
  }
  const files = filesWith({ upload: async () => '', download: () => endless() })
  const pointer = { url: 'http://files/file/1', key: new Uint8Array(32) }
  await expect(files.download(pointer, { signal })).rejects.toThrow(coded('file_too_large'))
  expect(isLeft).toBe(true)
  expect(sent).toBeLessThan(MAX_BLOB_BYTES + 2_000_000)
})

test('is called off with its reason, while pieces come', async () => {
  const files = filesWith(new MemoryFileStorage())
  const sent = await files.upload({ bytes: file }, { signal })
  const reason = new Error('enough')
  const off = new AbortController()
  const onProgress = () => off.abort(reason)
  await expect(files.download(sent, { signal: off.signal, onProgress })).rejects.toBe(reason)
  await expect(files.upload({ bytes: utf8('x') }, { signal: off.signal })).rejects.toBe(reason)
})
