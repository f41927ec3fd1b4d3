import 'fake-indexeddb/auto'
import { test } from 'node:test'
import { systemRandom } from '@starling/runtime'
import { expect } from 'expect'
import { openDB } from 'idb'
import { describeKeyVault } from '../store/key-vault.suite.ts'
import { createBrowserVault } from './browser-vault.ts'
import { createVaultPlace } from './browser-vault-place.suite.ts'

describeKeyVault('browser vault (fake IndexedDB)', createVaultPlace)

test('a key that was tampered with is unreadable', async () => {
  const name = 'tampered-vault'
  const vault = createBrowserVault({ name, random: systemRandom() })
  await vault.open()
  const database = await openDB(name, 1)
  const stored = await database.get('keys', 'store')
  const sealed = stored.sealed.map((byte: number, i: number) => (i === 0 ? byte ^ 1 : byte))
  for (const tampered of [{ ...stored, sealed }, { ...stored, nonce: 'text' }, 7]) {
    await database.put('keys', tampered, 'store')
    await expect(vault.open()).rejects.toEqual(expect.objectContaining({ name: 'StoreError', code: 'unreadable' }))
  }
  database.close()
})
