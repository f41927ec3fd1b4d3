import { chmod, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemRandom } from '@starling/runtime'
import { expect } from 'expect'
import { describeKeyVault } from '../store/key-vault.suite.ts'
import { createFileVault } from './file-vault.ts'

const storeError = (code: string) => expect.objectContaining({ name: 'StoreError', code })
const createFolder = () => mkdtemp(join(tmpdir(), 'starling-vault-'))
const vaultIn = (folder: string) => createFileVault({ path: join(folder, 'home', 'key'), random: systemRandom() })

describeKeyVault('file vault', async () => {
  const folder = await createFolder()
  return { open: () => vaultIn(folder), remove: () => rm(folder, { recursive: true }) }
})

test('file and folder are for the user alone, and nothing else stays behind', async () => {
  const folder = await createFolder()
  await vaultIn(folder).open()
  expect((await stat(join(folder, 'home'))).mode & 0o777).toBe(0o700)
  expect((await stat(join(folder, 'home', 'key'))).mode & 0o777).toBe(0o600)
  expect(await readdir(join(folder, 'home'))).toEqual(['key'])
  await rm(folder, { recursive: true })
})

test('a key that others can read is refused', async () => {
  const folder = await createFolder()
  const vault = vaultIn(folder)
  await vault.open()
  for (const mode of [0o640, 0o604, 0o620]) {
    await chmod(join(folder, 'home', 'key'), mode)
    await expect(vault.open()).rejects.toEqual(storeError('insecure'))
  }
  await chmod(join(folder, 'home', 'key'), 0o600)
  await vault.open()
  await rm(folder, { recursive: true })
})

test('a link in the place of the file is refused', async () => {
  const folder = await createFolder()
  const path = join(folder, 'key')
  await writeFile(path, new Uint8Array(31), { mode: 0o600 })
  await symlink(path, join(folder, 'link'))
  const linked = createFileVault({ path: join(folder, 'link'), random: systemRandom() })
  await expect(linked.open()).rejects.toEqual(storeError('io'))
  await rm(folder, { recursive: true })
})
