/** Runs in Chromium. */
import { test } from 'node:test'
import { systemRandom } from '@starling/runtime'
import { expect } from 'expect'
import { openDB } from 'idb'
import { describeKeyVault } from '../store/key-vault.suite.ts'
import { createBrowserVault } from './browser-vault.ts'
import { createVaultPlace } from './browser-vault-place.suite.ts'

describeKeyVault('browser vault', createVaultPlace)

test('the browser does not give out the wrapping key', async () => {
  const name = 'wrapping'
  await createBrowserVault({ name, random: systemRandom() }).open()
  const database = await openDB(name, 1)
  const { wrappingKey } = await database.get('keys', 'store')
  expect(wrappingKey.extractable).toBe(false)
  await expect(crypto.subtle.exportKey('raw', wrappingKey)).rejects.toThrow()
  database.close()
})
