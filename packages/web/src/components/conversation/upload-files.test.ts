import { test } from 'node:test'
import type { FileCalls } from '@starling/client'
import { expect } from 'expect'
import { FakeClient } from '../../testing/fake-client.ts'
import type { StagedFile } from '../composer/staged-files.ts'
import { uploadFiles } from './upload-files.ts'

function staged(name: string, size: number, isImage = false): StagedFile {
  const read = async () => ({ fileName: name, bytes: new Uint8Array(size).fill(7) })
  return { key: size, name, size, isImage, isTooLarge: false, read }
}

function set(upload: FileCalls['upload']) {
  const client = new FakeClient()
  Object.assign(client, { files: { ...client.files, upload } })
  return client
}
const stored: FileCalls['upload'] = async ({ bytes, fileName = '' }, { onProgress } = {}) => {
  const size = bytes.length
  onProgress?.({ bytes: size / 2, total: size })
  onProgress?.({ bytes: size, total: size })
  // As the port to the worker does.
  structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] })
  return { url: `http://files/file/${fileName}`, key: new Uint8Array(64), size }
}

test('files go one after the other in their order, with one progress for all, and pictures are kept', async () => {
  const parts: number[] = []
  const files = [staged('a', 100, true), staged('b', 300)]
  const { attachments, pictures } = await uploadFiles(set(stored), files, { onProgress: (part) => parts.push(part) })
  expect(attachments.map(({ url }) => url)).toEqual(['http://files/file/a', 'http://files/file/b'])
  expect(parts).toEqual([0.125, 0.25, 0.625, 1])
  expect([...pictures].map(([index, blob]) => [index, blob.size])).toEqual([[0, 100]])
})

test('what is stopped goes no further, also between two files', async () => {
  const life = new AbortController()
  const went: string[] = []
  const client = set(async (file, options) => {
    went.push(file.fileName ?? '')
    life.abort(new RangeError('enough'))
    return stored(file, options)
  })
  const files = [staged('a', 10), staged('b', 10)]
  await expect(uploadFiles(client, files, { signal: life.signal })).rejects.toThrow(RangeError)
  expect(went).toEqual(['a'])
  await expect(uploadFiles(client, files.slice(1), { signal: life.signal })).rejects.toThrow(RangeError)
  expect(went).toEqual(['a'])
})
