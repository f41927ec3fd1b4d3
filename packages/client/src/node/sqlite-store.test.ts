import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { utf8 } from '@starling/protocol'
import { expect } from 'expect'
import { describeLocalStore } from '../store/local-store.suite.ts'
import { openSqliteStore } from './sqlite-store.ts'

const storeError = (code: string) => expect.objectContaining({ name: 'StoreError', code })
const key = Uint8Array.of(1)

describeLocalStore('SQLite store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'starling-store-'))
  return {
    open: () => openSqliteStore({ path: join(folder, 'store.db') }),
    remove: () => rm(folder, { recursive: true }),
  }
})

async function inFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-store-'))
  try {
    await fn(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('folder, file and journal are for the user alone', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'new', 'store.db')
    await using store = await openSqliteStore({ path })
    await store.write([{ kind: 'put', key, value: key }])
    expect((await stat(join(folder, 'new'))).mode & 0o777).toBe(0o700)
    for (const file of [path, `${path}-wal`]) expect((await stat(file)).mode & 0o777).toBe(0o600)
  }))

test('a second process is told that the store is in use', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'store.db')
    await using _store = await openSqliteStore({ path })
    const module = pathToFileURL(join(import.meta.dirname, 'sqlite-store.ts')).href
    const script = `import { openSqliteStore } from '${module}'
      await openSqliteStore({ path: process.argv[1] }).then(() => console.log('open'), (error) => console.log(error.code))`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script, path], { encoding: 'utf8' })
    expect(stdout.trim()).toBe('in_use')
  }))

test('what a killed process wrote is there, and the store is free', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'store.db')
    const module = pathToFileURL(join(import.meta.dirname, 'sqlite-store.ts')).href
    const script = `import { openSqliteStore } from '${module}'
      const store = await openSqliteStore({ path: process.argv[1] })
      await store.write([{ kind: 'put', key: Uint8Array.of(1), value: Uint8Array.of(7) }])
      process.kill(process.pid, 'SIGKILL')`
    spawnSync(process.execPath, ['--input-type=module', '-e', script, path])
    await using store = await openSqliteStore({ path })
    expect(await store.get(key)).toEqual(Uint8Array.of(7))
  }))

test('a full disk refuses the whole batch and keeps what it had', () =>
  inFolder(async (folder) => {
    await using store = await openSqliteStore({ path: join(folder, 'store.db'), maxBytes: 65_536 })
    await store.write([{ kind: 'put', key, value: key }])
    const tooMuch = [
      { kind: 'delete', key } as const,
      { kind: 'put', key: Uint8Array.of(2), value: new Uint8Array(200_000) } as const,
    ]
    await expect(store.write(tooMuch)).rejects.toEqual(storeError('full'))
    expect(await store.get(key)).toEqual(key)
    await store.write([{ kind: 'put', key, value: Uint8Array.of(2) }])
  }))

test('what is no database is unreadable, and one of a later version is refused', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'store.db')
    await writeFile(path, 'this is a text of some length, and certainly no database at all'.repeat(20))
    await expect(openSqliteStore({ path })).rejects.toEqual(storeError('unreadable'))
    const later = join(folder, 'later.db')
    const database = new DatabaseSync(later)
    database.exec('PRAGMA user_version = 2')
    database.close()
    await expect(openSqliteStore({ path: later })).rejects.toEqual(storeError('newer_version'))
  }))

test('a place that cannot be written to is an error of the platform', () =>
  inFolder(async (folder) => {
    await writeFile(join(folder, 'file'), '')
    await expect(openSqliteStore({ path: join(folder, 'file', 'store.db') })).rejects.toEqual(storeError('io'))
  }))

test('nothing of an erased record stays in the file', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'store.db')
    const store = await openSqliteStore({ path })
    await store.write([{ kind: 'put', key, value: utf8('very recognisable'.repeat(100)) }])
    await store.erase()
    await store[Symbol.asyncDispose]()
    expect((await readFile(path)).includes('recognisable')).toBe(false)
  }))
