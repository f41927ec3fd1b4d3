/** The vault of Node.js: a file that the user alone can read. It protects from other users, and no further. */

import { constants } from 'node:fs'
import { type FileHandle, link, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { RandomBytes } from '@starling/protocol'
import { type KeyVault, STORE_KEY_SIZE } from '../store/key-vault.ts'
import { StoreError } from '../store/store-error.ts'

export type FileVaultOptions = {
  /** Of the file; its folder is created, for the user alone, if it is missing. */
  readonly path: string
  readonly random: RandomBytes
}

/** A vault whose `open` fails with `insecure`, if anybody else has any right to the file. */
export function createFileVault({ path, random }: FileVaultOptions): KeyVault {
  return {
    open: () => translated(async () => (await read(path)) ?? (await make(path, random))),
    replace: (content) => translated(() => replace(path, content, random)),
    erase: () => translated(() => rm(path, { force: true })),
  }
}

async function read(path: string): Promise<Uint8Array | undefined> {
  let file: FileHandle
  try {
    // A link in its place could have been laid by somebody else.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
  try {
    // Windows has no such rights: there the folder of the user's profile protects it.
    const othersMay = process.platform !== 'win32' && ((await file.stat()).mode & 0o077) !== 0
    if (othersMay) throw new StoreError('insecure')
    return new Uint8Array(await file.readFile())
  } finally {
    await file.close()
  }
}

/** Written aside and then linked, so that the file is whole as soon as it is there, and the first of two stays. */
async function make(path: string, random: RandomBytes): Promise<Uint8Array> {
  await writeAside(path, random(STORE_KEY_SIZE), random, async (aside) => {
    try {
      await link(aside, path)
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error
    }
  })
  const key = await read(path)
  if (key === undefined) throw new StoreError('io')
  return key
}

/** Written aside and then renamed: the file is the one or the other. */
function replace(path: string, content: Uint8Array, random: RandomBytes): Promise<void> {
  return writeAside(path, content, random, (aside) => rename(aside, path))
}

async function writeAside(
  path: string,
  content: Uint8Array,
  random: RandomBytes,
  put: (aside: string) => Promise<void>,
): Promise<void> {
  const aside = `${path}.${Buffer.from(random(8)).toString('hex')}`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  try {
    const file = await open(aside, 'wx', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await put(aside)
  } finally {
    await rm(aside, { force: true })
  }
  await syncFolder(dirname(path))
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

async function translated<T>(fn: () => Promise<T>): Promise<T> {
  try {
    return await fn()
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error
    throw new StoreError(isCode(error, 'ENOSPC') ? 'full' : 'io', { cause: error })
  }
}
