import { test } from 'node:test'
import type { ProfilePicture } from '@starling/client'
import { expect } from 'expect'
import { FakeClient } from '../../testing/fake-client.ts'
import { createOwnPicture } from './own-picture.ts'

test('a network without a place for files says so, and nothing changes', async () => {
  const client = new FakeClient()
  const model = createOwnPicture(client)
  expect(await model.use(Uint8Array.of(1))).toBe(false)
  expect(model.snapshot.state).toBe('unavailable')
  expect(client.session.snapshot).not.toHaveProperty('account.picture')
})

test('a picture is uploaded, then it is the own one, and can be removed', async () => {
  const client = new FakeClient()
  const uploaded: ProfilePicture = { url: 'https://files.example/1', key: new Uint8Array(32) }
  const model = createOwnPicture({
    setProfilePicture: (picture) => client.setProfilePicture(picture),
    files: { uploadPicture: async () => uploaded },
  })
  expect(await model.use(Uint8Array.of(1))).toBe(true)
  expect(client.session.snapshot).toHaveProperty('account.picture', uploaded)
  expect(await model.remove()).toBe(true)
  expect(client.session.snapshot).not.toHaveProperty('account.picture')
})

test('an upload that fails can be tried again', async () => {
  const model = createOwnPicture({
    setProfilePicture: async () => {},
    files: { uploadPicture: () => Promise.reject(Object.assign(new Error(), { code: 'storage_unreachable' })) },
  })
  expect(await model.use(Uint8Array.of(1))).toBe(false)
  expect(model.snapshot.state).toBe('failed')
})
