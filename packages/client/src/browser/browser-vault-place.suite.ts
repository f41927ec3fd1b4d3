/** A place for a vault, wherever there is an IndexedDB. */
import { systemRandom } from '@starling/runtime'
import { deleteDB } from 'idb'
import type { KeyVault } from '../store/key-vault.ts'
import { createBrowserVault } from './browser-vault.ts'

let places = 0

export async function createVaultPlace(): Promise<{ open(): KeyVault; remove(): Promise<void> }> {
  const name = `vault-${places++}`
  return { open: () => createBrowserVault({ name, random: systemRandom() }), remove: () => deleteDB(name) }
}
