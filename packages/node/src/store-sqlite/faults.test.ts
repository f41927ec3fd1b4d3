/** What goes wrong with disks: the node says what, and keeps what it has. */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { millis, parseOwner, unixMillis } from '@starling/protocol'
import { silentLogger } from '@starling/runtime'
import { type MemoryLogger, memoryLogger } from '@starling/runtime/testing'
import { expect } from 'expect'
import type { NodeStore, StoredMessage } from '../storage/node-store.ts'
import { hashOf, storedMessage } from '../storage/store-fixture.suite.ts'
import { PAGE_SIZE } from './schema.ts'
import { openSqliteStore } from './sqlite-store.ts'

const MiB = 1024 * 1024
const TUNING = { maxBytes: 0, groupDelay: millis(0) }
const DATA = new Uint8Array(2048)
const query = { ...storedMessage(0), now: unixMillis(0), sizeBudget: 1e9, countLimit: 1e6 }

test('a disk that is nearly full: messages are refused, all else goes on, and deletions make room', async (t) => {
  const { folder, limits } = smallDisk(t, 80)
  const logger = memoryLogger()
  await using store = await openSqliteStore({ ...limits, path: join(folder, 'node.sqlite'), logger })
  const stored = await fillUp(store)
  expect(stored.length).toBeGreaterThan(1000)
  expect(events(logger)).toEqual(['store.disk_full'])
  await expect(store.put(message(1e6))).rejects.toMatchObject({ code: 'full' })
  expect(await store.put(message(stored[0]!))).toMatchObject({ kind: 'existed' })
  await store.setValue('key', new Uint8Array(10_000))
  expect(await count(store)).toBe(stored.length)
  expect(await store.delete(query.owner, stored.slice(0, 500).map(hashOf))).toHaveLength(500)
  expect(await store.put(message(1e6))).toEqual({ kind: 'stored' })
  expect(await count(store)).toBe(stored.length - 499)
})

test('a disk without a byte left: writes fail, reads go on, and all is well when there is room again', async (t) => {
  const { folder, limits } = smallDisk(t, 16)
  const logger = memoryLogger()
  await using store = await openSqliteStore({ ...limits, path: join(folder, 'node.sqlite'), logger, reserveBytes: 0 })
  for (let number = 0; number < 50; number++) await store.put(message(number))
  const ballast = join(folder, 'ballast')
  const stored = limits.isReal ? await fillDisk(store, ballast) : await fillUp(store)
  await expect(store.put(message(2e6))).rejects.toMatchObject({ code: 'full' })
  expect(events(logger)).toContain('store.disk_full')
  expect(await count(store)).toBe(stored.length + 50)
  if (limits.isReal) rmSync(ballast)
  else await store.delete(query.owner, stored.slice(0, 9).map(hashOf))
  expect(await store.put(message(2e6))).toEqual({ kind: 'stored' })
})

test('damaged pages: what is on them is told to be damaged, the rest is served, and writes go on', async (t) => {
  const path = join(temporaryFolder(t), 'node.sqlite')
  const owners = Array.from({ length: 100 }, (_, index) => parseOwner(`05${(index + 16).toString(16).repeat(32)}`))
  await using filled = await open(path)
  // One after the other, so that the messages of an owner lie together.
  for (const [index, owner] of owners.entries()) {
    await Promise.all(Array.from({ length: 40 }, (_, k) => filled.put(message(index * 40 + k, { owner }))))
  }
  await filled[Symbol.asyncDispose]()
  const first = Math.floor(statSync(path).size / PAGE_SIZE / 3)
  overwrite(path, first * PAGE_SIZE, 60 * PAGE_SIZE)

  const logger = memoryLogger()
  await using store = await open(path, logger)
  const outcomes = await Promise.allSettled(owners.map((owner) => store.retrieve({ ...query, owner })))
  const served = outcomes.filter((outcome) => outcome.status === 'fulfilled')
  const failed = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(served.length).toBeGreaterThan(50)
  expect(failed.length).toBeGreaterThan(0)
  for (const { value } of served) expect(value.messages).toHaveLength(40)
  for (const { reason } of failed) expect(reason).toMatchObject({ name: 'NodeStoreError', code: 'damaged' })
  expect(events(logger)).toEqual(['store.damaged'])
  expect(await store.put(message(1e6))).toEqual({ kind: 'stored' })
})

test('a file that is no database gives `damaged` and is left as it was', async (t) => {
  const path = join(temporaryFolder(t), 'node.sqlite')
  const text = 'not a database '.repeat(1000)
  writeFileSync(path, text)
  const logger = memoryLogger()
  await expect(open(path, logger)).rejects.toMatchObject({ name: 'NodeStoreError', code: 'damaged' })
  expect(readFileSync(path, 'utf8')).toBe(text)
  expect(events(logger)).toEqual(['store.damaged'])
})

test('a path below a file gives `io`', async (t) => {
  const file = join(temporaryFolder(t), 'file')
  writeFileSync(file, '')
  await expect(open(join(file, 'node.sqlite'))).rejects.toMatchObject({ name: 'NodeStoreError', code: 'io' })
})

test('a folder or file that the user may not write gives `not_writable`, and nothing is changed', async (t) => {
  const folder = temporaryFolder(t)
  chmodSync(folder, 0o755)
  const paths = {
    folder: join(folder, 'a', 'node.sqlite'),
    file: join(folder, 'b', 'node.sqlite'),
    log: join(folder, 'c', 'node.sqlite'),
  }
  for (const path of Object.values(paths)) mkdirSync(join(path, '..'))
  for (const path of [paths.file, paths.log]) {
    await using store = await open(path)
    await store.put(message(1))
  }
  // The folder may not be written; the file; the folder but the file, so that there is no place for the log.
  belongsToOther(paths.file, 0o444)
  belongsToOther(paths.log, 0o600)
  chmodSync(join(folder, 'a'), 0o555)
  belongsToOther(join(folder, 'b'), 0o755)
  chmodSync(join(folder, 'c'), 0o555)
  for (const path of Object.values(paths))
    expect(openAsOther(path)).toEqual({ code: 'not_writable', events: ['store.not_writable'] })
  for (const name of ['a', 'b', 'c']) chmodSync(join(folder, name), 0o755)
  for (const path of [paths.file, paths.log]) {
    await using store = await open(path)
    expect(await count(store)).toBe(1)
  }
})

const message = (number: number, change: Partial<StoredMessage> = {}) =>
  storedMessage(number, { data: DATA, storedAt: unixMillis(1), ...change })
const count = async (store: NodeStore): Promise<number> => (await store.retrieve(query)).messages.length
const events = (logger: MemoryLogger): string[] => logger.lines.map(({ event }) => event)

function open(path: string, logger = silentLogger): Promise<NodeStore> {
  return openSqliteStore({ path, logger, tuning: TUNING })
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'starling-store-'))
  t.after(() => {
    spawnSync('umount', [join(folder, 'disk')]) // of a small disk
    rmSync(folder, { recursive: true })
  })
  return folder
}

/** A file system of its own of so many MiB; where the user may not mount one, a limit of the database stands in. */
function smallDisk(t: TestContext, sizeMiB: number) {
  const folder = join(temporaryFolder(t), 'disk')
  mkdirSync(folder)
  const isReal = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', folder]).status === 0
  if (!isReal) return { folder, limits: { isReal, tuning: { ...TUNING, maxBytes: 8 * MiB } } }
  return { folder, limits: { isReal, tuning: TUNING, reserveBytes: (sizeMiB / 2) * MiB } }
}

/** Puts messages until none of a group is taken any more: the numbers of those that were. */
async function fillUp(store: NodeStore, from = 100): Promise<number[]> {
  const stored: number[] = []
  for (let number = from; ; number += 200) {
    const numbers = Array.from({ length: 200 }, (_, index) => number + index)
    const outcomes = await Promise.allSettled(numbers.map((next) => store.put(message(next))))
    const taken = numbers.filter((_, index) => outcomes[index]!.status === 'fulfilled')
    stored.push(...taken)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ name: 'NodeStoreError', code: 'full' })
    }
    if (taken.length === 0) return stored
  }
}

/** Writes `ballast` until the disk is full, then messages until the log cannot grow: the numbers of those that fitted. */
async function fillDisk(store: NodeStore, ballast: string): Promise<number[]> {
  const file = openSync(ballast, 'w')
  try {
    for (;;) writeSync(file, new Uint8Array(64 * 1024))
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' })
  } finally {
    closeSync(file)
  }
  return fillUp(store)
}

function overwrite(path: string, at: number, length: number): void {
  const file = openSync(path, 'r+')
  writeSync(file, new Uint8Array(length).fill(0x5a), 0, length, at)
  closeSync(file)
}

/** Nobody may write anything for root, so that the check runs as another user, who owns the folders. */
const OTHER = process.getuid?.() === 0 ? 65_534 : undefined

function belongsToOther(path: string, mode: number): void {
  chmodSync(path, mode)
  if (OTHER !== undefined) chownSync(path, OTHER, OTHER)
}

function openAsOther(path: string): unknown {
  const program = `
    import { openSqliteStore } from ${JSON.stringify(new URL('./sqlite-store.ts', import.meta.url))}
    const events = []
    const log = (event) => events.push(event)
    const logger = { debug: log, info: log, warn: log, error: log }
    ${OTHER === undefined ? '' : `process.setgroups([]); process.setgid(${OTHER}); process.setuid(${OTHER})`}
    const store = await openSqliteStore({ path: ${JSON.stringify(path)}, logger, tuning: { maxBytes: 0, groupDelay: 0 } })
      .catch((error) => ({ code: error.code, events }))
    console.log(JSON.stringify({ code: store.code, events }))
    process.exit()`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  return JSON.parse(stdout)
}
