import { test } from 'node:test'
import { FileStorageError, type ProfilePicture } from '@starling/client'
import { expect } from 'expect'
import { createPictures } from './pictures.ts'

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3)
const pictureAt = (url: string): ProfilePicture => ({ url, key: new Uint8Array(32) })

function set(answer: (url: string) => Uint8Array) {
  const asked: string[] = []
  const revoked: string[] = []
  let made = 0
  const pictures = createPictures({
    download: async ({ url }) => {
      asked.push(url)
      return answer(url)
    },
    makeUrl: ({ type }) => `${type} ${made++}`,
    revokeUrl: (url) => revoked.push(url),
  })
  return { pictures, asked, revoked }
}

test('a picture is fetched once', async () => {
  const { pictures, asked } = set(() => PNG)
  expect([await pictures.get(pictureAt('a')), await pictures.get(pictureAt('a'))]).toEqual([
    'image/png 0',
    'image/png 0',
  ])
  expect(asked).toEqual(['a'])
})

test('what is no image, too large or not to be had is not shown', async () => {
  const html = new TextEncoder().encode('<svg onload="alert(1)">')
  const large = new Uint8Array(2_000_001)
  large.set(PNG)
  for (const bytes of [html, new Uint8Array(0), large]) {
    expect(await set(() => bytes).pictures.get(pictureAt('a'))).toBeUndefined()
  }
  const none = set(() => {
    throw new FileStorageError('files_unavailable')
  })
  expect(await none.pictures.get(pictureAt('a'))).toBeUndefined()
})

test('so many are kept, and what is dropped is let go of', async () => {
  const { pictures, revoked } = set(() => PNG)
  for (let index = 0; index < 201; index++) await pictures.get(pictureAt(String(index)))
  await Promise.resolve()
  expect(revoked).toEqual(['image/png 0'])
  pictures[Symbol.dispose]()
  await new Promise((resolve) => setImmediate(resolve))
  expect(revoked).toHaveLength(201)
})
