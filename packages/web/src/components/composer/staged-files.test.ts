import { test } from 'node:test'
import { expect } from 'expect'
import {
  type CleanImage,
  FILE_LIMIT,
  FILES_LIMIT,
  IMAGE_LIMIT,
  type Staged,
  stageFiles,
  unstageFile,
} from './staged-files.ts'

const none: Staged = { files: [], isFull: false }
const clean: CleanImage = async () => ({ bytes: Uint8Array.of(7), contentType: 'image/jpeg', width: 1, height: 2 })
const file = (name: string, type = '', size = 3) => ({
  name,
  type,
  size,
  arrayBuffer: async () => Uint8Array.of(1, 2, 3).buffer,
})

test('files are kept in order until they are taken out or sent', () => {
  const staged = stageFiles(stageFiles(none, [file('a')], clean), [file('b'), file('b')], clean)
  expect(staged.files.map(({ name }) => name)).toEqual(['a', 'b', 'b'])
  expect(new Set(staged.files.map(({ key }) => key)).size).toBe(3)
  expect(unstageFile(staged, staged.files[1]!.key).files.map(({ name }) => name)).toEqual(['a', 'b'])
})

test('what is too large or too many is said before anything is uploaded', () => {
  const { files } = stageFiles(none, [file('a', '', FILE_LIMIT), file('b', '', FILE_LIMIT + 1)], clean)
  expect(files.map(({ isTooLarge }) => isTooLarge)).toEqual([false, true])
  const many = stageFiles(
    none,
    Array.from({ length: FILES_LIMIT + 1 }, () => file('c')),
    clean,
  )
  expect(many).toMatchObject({ isFull: true })
  expect(many.files).toHaveLength(FILES_LIMIT)
})

test('an image may be larger than what is uploaded of it, a drawing may not', () => {
  const sizes = [
    file('a.jpg', 'image/jpeg', IMAGE_LIMIT),
    file('b.jpg', 'image/jpeg', IMAGE_LIMIT + 1),
    file('c.svg', 'image/svg+xml', FILE_LIMIT + 1),
  ]
  expect(stageFiles(none, sizes, clean).files.map(({ isTooLarge }) => isTooLarge)).toEqual([false, true, true])
})

test('an image is painted anew before it goes, another file goes as it is', async () => {
  const { files } = stageFiles(
    none,
    [file('a.jpg', 'image/jpeg'), file('b.txt', 'text/plain'), file('c.svg', 'image/svg+xml')],
    clean,
  )
  expect(await files[0]?.read()).toEqual({
    fileName: 'a.jpg',
    bytes: Uint8Array.of(7),
    contentType: 'image/jpeg',
    width: 1,
    height: 2,
  })
  expect(await files[1]?.read()).toEqual({
    fileName: 'b.txt',
    bytes: Uint8Array.of(1, 2, 3),
    contentType: 'text/plain',
  })
  expect(files[2]?.isImage).toBe(false)
})

test('an image that cannot be read is not sent as it is', async () => {
  const failing: CleanImage = async () => {
    throw new TypeError('unreadable')
  }
  const { files } = stageFiles(none, [file('a.heic', 'image/heic')], failing)
  await expect(files[0]?.read()).rejects.toThrow(TypeError)
})
