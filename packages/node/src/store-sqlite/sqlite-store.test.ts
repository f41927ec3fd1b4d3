import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, type TestContext, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { millis, parseNamespace, parseOwner, unixMillis } from '@starling/protocol'
import { silentLogger } from '@starling/runtime'
import { memoryLogger } from '@starling/runtime/testing'
import { expect } from 'expect'
import { describeNodeStore } from '../storage/node-store.suite.ts'
import type { NodeStore, StoreTuning } from '../storage/node-store.ts'
import { changeRecord, recordId } from '../storage/records.suite.ts'
import { sortedTexts } from '../storage/sorted.ts'
import { ALICE, BOB, EXPIRY, hashOf, storedMessage } from '../storage/store-fixture.suite.ts'
import { FaultLog } from './fault-log.ts'
import { openSqliteStore } from './sqlite-store.ts'
import { MAX_PENDING_BYTES, MAX_PENDING_WRITES, Writer } from './writer.ts'

const TUNING: StoreTuning = { maxBytes: 0, groupDelay: millis(2) }
const MiB = 1024 * 1024
const query = { ...storedMessage(0), now: unixMillis(0), sizeBudget: 1e9, countLimit: 1e6 }

describe('with a file', () => {
  const folders: string[] = []
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true })
  })

  describeNodeStore('the SQLite store', async (limits) => {
    const tuning = { ...TUNING, ...limits }
    const folder = mkdtempSync(join(tmpdir(), 'starling-store-'))
    folders.push(folder)
    let store = await open(join(folder, 'node.sqlite'), tuning)
    return {
      store,
      reopen: async () => {
        await store[Symbol.asyncDispose]()
        store = await open(join(folder, 'node.sqlite'), tuning)
        return store
      },
    }
  })
})

test('every acknowledged message is there after kill −9 in the middle of puts', async (t) => {
  const path = join(temporaryFolder(t), 'node.sqlite')
  const acknowledged = await putUntilKilled(path, 300)
  expect(acknowledged.length).toBeGreaterThanOrEqual(300)
  await using store = await open(path)
  const { messages } = await store.retrieve(query)
  const found = new Set(messages.map(({ hash }) => hash))
  expect(acknowledged.filter((number) => !found.has(hashOf(number)))).toEqual([])
  expect(await store.put(storedMessage(1_000_000))).toEqual({ kind: 'stored' })
})

test('when full, refuses what does not fit, keeps and serves what it has, and takes more after deletions', async (t) => {
  const path = join(temporaryFolder(t), 'node.sqlite')
  await using store = await open(path, { ...TUNING, maxBytes: MiB })
  const data = new Uint8Array(2048)
  const outcomes = await Promise.allSettled(
    Array.from({ length: 600 }, (_, number) => store.put(storedMessage(number, { data }))),
  )
  const stored = outcomes.flatMap(({ status }, number) => (status === 'fulfilled' ? [number] : []))
  expect(stored.length).toBeGreaterThan(250)
  expect(stored.length).toBeLessThan(MiB / 2048)
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'full' })
  expect((await store.retrieve(query)).messages.map(({ hash }) => hash)).toEqual(stored.map(hashOf))
  expect(await store.stats()).toMatchObject({ messages: stored.length })
  expect(statSync(path).size).toBeLessThanOrEqual(MiB)

  let more = 1000
  const putMore = async (): Promise<void> => {
    for (;;) await store.put(storedMessage(more++, { data }))
  }
  await expect(putMore()).rejects.toMatchObject({ code: 'full' })
  expect(await store.put(storedMessage(0, { data }))).toMatchObject({ kind: 'existed' })
  expect(await store.delete(query.owner, stored.slice(0, 50).map(hashOf))).toHaveLength(50)
  expect(await store.put(storedMessage(9999, { data }))).toEqual({ kind: 'stored' })
})

test('one message that does not fit does not fail the others of its group', async (t) => {
  await using store = await open(join(temporaryFolder(t), 'node.sqlite'), { ...TUNING, maxBytes: MiB / 2 })
  const large = new Uint8Array(MiB)
  const outcomes = await Promise.allSettled(
    [1, 2, 3].map((number) => store.put(storedMessage(number, number === 2 ? { data: large } : {}))),
  )
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(outcomes[1]).toMatchObject({ reason: { code: 'full' } })
  expect((await store.retrieve(query)).messages).toEqual([storedMessage(1), storedMessage(3)])
  expect(await store.stats()).toMatchObject({ messages: 2 })
})

test('rows that this storage would not write give `damaged`, without telling what is in them', async (t) => {
  const path = join(temporaryFolder(t), 'node.sqlite')
  await fill(path, 1)
  change(path, "UPDATE messages SET hash = x'beef'")
  await using store = await open(path)
  const error = await store.retrieve(query).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ name: 'NodeStoreError', code: 'damaged' })
  expect(String((error as Error).cause)).toBe('Error: a damaged row')
})

test('a file of a newer version or of another program gives `schema`', async (t) => {
  const folder = temporaryFolder(t)
  await fill(join(folder, 'newer.sqlite'), 1)
  change(join(folder, 'newer.sqlite'), 'PRAGMA user_version = 1000')
  change(join(folder, 'other.sqlite'), 'CREATE TABLE bookmarks(url TEXT)')
  for (const file of ['newer.sqlite', 'other.sqlite']) {
    await expect(open(join(folder, file))).rejects.toMatchObject({ name: 'NodeStoreError', code: 'schema' })
  }
})

test('the file is for the eyes of the user alone, and holds 2 kB messages in less than 2,600 bytes each', async (t) => {
  const path = join(temporaryFolder(t), 'folder', 'node.sqlite')
  await fill(path, 5000)
  expect(statSync(path).mode & 0o077).toBe(0)
  expect(statSync(path).size / 5000).toBeLessThan(2600)
})

test('digests and counts stay right over many transactions and a new start', async (t) => {
  const path = join(temporaryFolder(t), 'node.sqlite')
  await using store = await open(path)
  for (let number = 0; number < 300; number++) {
    const owner = parseOwner(`05${number % 7}${'0'.repeat(63)}`)
    await store.put(storedMessage(number, { owner }))
    if (number % 3 === 0) await store.delete(owner, [hashOf(number)])
  }
  const digests = await store.digests()
  expect(digests.size).toBeGreaterThan(3)
  for (const [bucket, { count, digest }] of digests) {
    const items = await store.itemsIn(bucket, { limit: 1000 })
    expect(items).toHaveLength(count)
    const xor = new Uint8Array(16)
    for (const { id } of items) for (let i = 0; i < 16; i++) xor[i]! ^= id[i]!
    expect(new Uint8Array(digest)).toEqual(xor)
  }
  await store[Symbol.asyncDispose]()
  await using again = await open(path)
  expect(await again.digests()).toEqual(digests)
  expect(await again.stats()).toMatchObject({ messages: 200, records: 0 })
})

test('the deletion of a whole account does not keep others waiting, and names all that it deleted', async (t) => {
  await using store = await open(join(temporaryFolder(t), 'node.sqlite'))
  const numbers = Array.from({ length: 3000 }, (_, number) => number)
  await Promise.all(numbers.map((number) => store.put(storedMessage(number))))
  const finished: string[] = []
  const everything = { kind: 'deleteAll', namespace: 'all' } as const
  const expireAll = { kind: 'expireAll', namespace: 'all', expiry: unixMillis(1) } as const
  const [outcome] = await Promise.all([
    store.apply(changeRecord(1, 5000, everything)).finally(() => finished.push('deletion')),
    store.apply(changeRecord(2, 5000, expireAll)).finally(() => finished.push('expiry')),
    store.put(storedMessage(5000, { owner: BOB })).finally(() => finished.push('put')),
  ])
  expect(finished[0]).toBe('put')
  expect(outcome.deleted.map(({ hash }) => hash)).toEqual(sortedTexts(numbers.map(hashOf)))
  expect((await store.retrieve(query)).messages).toEqual([])
  expect(await store.stats()).toMatchObject({ messages: 1, records: 2 })
})

test('a long list of hashes does not keep others waiting, to be deleted, changed or forgotten', async (t) => {
  await using store = await open(join(temporaryFolder(t), 'node.sqlite'))
  const numbers = Array.from({ length: 3000 }, (_, number) => number)
  const all = numbers.map(hashOf)
  const expiry = unixMillis(EXPIRY - 1)
  const expiries = all.map((hash) => ({ hash, expiry }))
  let others = 6000
  const isFirst = async (slow: Promise<unknown>) => {
    const finished: string[] = []
    const put = store.put(storedMessage(others++, { owner: BOB })).finally(() => finished.push('put'))
    await Promise.all([slow.finally(() => finished.push('slow')), put])
    return finished[0] === 'put'
  }
  await Promise.all(numbers.map((number) => store.put(storedMessage(number))))
  const shorten = changeRecord(1, 5000, { kind: 'expire', mode: 'shorten', expiries })
  const shortening = store.apply(shorten)
  expect(await isFirst(shortening)).toBe(true)
  expect((await shortening).updated.map(({ hash }) => hash)).toEqual(sortedTexts(all))
  const deletion = store.apply(changeRecord(2, 5000, { kind: 'delete', hashes: all }))
  expect(await isFirst(deletion)).toBe(true)
  expect((await deletion).deleted.map(({ hash }) => hash)).toEqual(sortedTexts(all))
  expect(await store.put(storedMessage(2999), 'peer')).toEqual({ kind: 'deleted' })
  expect(await isFirst(store.forget(ALICE, { hashes: [], records: [1, 2].map(recordId) }))).toBe(true)
  expect(await store.put(storedMessage(2999), 'peer')).toEqual({ kind: 'stored' })
  await Promise.all(numbers.map((number) => store.put(storedMessage(number))))
  expect(await isFirst(store.delete(ALICE, all))).toBe(true)
  expect(await store.stats()).toMatchObject({ messages: others - 6000, records: 0 })
})

test('a change of many expiries that a crash cut short is finished by the sweep', async (t) => {
  const path = join(temporaryFolder(t), 'node.sqlite')
  await using store = await open(path)
  for (const number of [1, 2]) await store.put(storedMessage(number))
  const expiry = unixMillis(EXPIRY - 1)
  const expiries = [1, 2].map((number) => ({ hash: hashOf(number), expiry }))
  await store.apply(changeRecord(1, 9, { kind: 'expire', mode: 'shorten', expiries }))
  await store[Symbol.asyncDispose]()
  // As if it had been in the middle.
  change(path, 'UPDATE records SET unfinished = 1; UPDATE messages SET expiry = given, given = NULL WHERE id = 2')
  change(path, `DELETE FROM expiry_changes WHERE item = x'${Buffer.from(hashOf(2), 'base64').toString('hex', 0, 16)}'`)
  await using again = await open(path)
  expect(await again.deleteExpired(unixMillis(0), 9)).toBe(1)
  expect(await again.deleteExpired(unixMillis(0), 9)).toBe(0)
  const held = await again.expiries(ALICE, [1, 2].map(hashOf))
  expect([...held.values()]).toEqual([expiry, expiry])
  await again.apply(changeRecord(2, 20, { kind: 'expire', mode: 'set', expiries }))
  expect((await again.recordsOf(ALICE)).map(({ id }) => id)).toEqual([recordId(2)])
})

test('a deletion of many that has expired goes in parts', async (t) => {
  await using store = await open(join(temporaryFolder(t), 'node.sqlite'))
  const many = Array.from({ length: 20_000 }, (_, number) => hashOf(number))
  const record = changeRecord(1, 1, { kind: 'delete', hashes: many })
  await store.apply(record)
  let calls = 0
  while ((await store.deleteExpired(record.expiry, 500)) > 0) calls++
  expect(calls).toBeGreaterThan(1)
  expect(await store.stats()).toMatchObject({ records: 0 })
  expect(await store.put(storedMessage(1), 'peer')).toEqual({ kind: 'stored' })
})

test('a deletion that a crash cut short is finished by the sweep', async (t) => {
  const path = join(temporaryFolder(t), 'node.sqlite')
  await using store = await open(path)
  for (const number of [1, 2]) await store.put(storedMessage(number))
  const elsewhere = { kind: 'deleteAll', namespace: parseNamespace(5) } as const
  await store.apply(changeRecord(1, 1, elsewhere))
  await store[Symbol.asyncDispose]()
  change(path, 'UPDATE records SET unfinished = 1, namespace = 0') // as if it had been another, in the middle
  await using again = await open(path)
  expect(await again.deleteExpired(unixMillis(0), 9)).toBe(1)
  expect(await again.deleteExpired(unixMillis(0), 9)).toBe(0)
  expect((await again.retrieve(query)).messages.map(({ hash }) => hash)).toEqual([hashOf(2)])
})

test('reads do not wait for writes, and see all that was acknowledged', async (t) => {
  await using store = await open(join(temporaryFolder(t), 'node.sqlite'))
  await store.put(storedMessage(0))
  let acknowledged = 0
  const writes = Array.from({ length: 500 }, async (_, number) => {
    await store.put(storedMessage(number + 1))
    acknowledged++
    expect(await store.expiries(query.owner, [hashOf(number + 1)])).toHaveProperty('size', 1)
  })
  expect((await store.retrieve(query)).messages).toHaveLength(1)
  expect(acknowledged).toBe(0)
  await Promise.all(writes)
})

test('more writes than may wait are refused as `busy`, and only those', async (t) => {
  await using store = await open(join(temporaryFolder(t), 'node.sqlite'))
  const writes = Array.from({ length: MAX_PENDING_WRITES + 1 }, () => store.settleHints([]))
  const outcomes = await Promise.allSettled(writes)
  expect(outcomes.pop()).toMatchObject({ status: 'rejected', reason: { code: 'busy' } })
  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['fulfilled']))
  await store.settleHints([])

  const data = new Uint8Array(MAX_PENDING_BYTES / 8)
  const large = Array.from({ length: 8 }, (_, number) => store.setValue(`${number}`, data))
  await expect(store.put(storedMessage(1))).rejects.toMatchObject({ code: 'busy' })
  await Promise.all(large)
})

test('when the writer dies, what was pending fails with `io`, and it is logged once', async () => {
  const logger = memoryLogger()
  const dying = `const { parentPort } = require('node:worker_threads')
    parentPort.postMessage({ kind: 'opened', counts: { messages: 0, records: 0, hints: 0 } })
    parentPort.on('message', () => { throw new Error('out of memory') })`
  const writer = await Writer.open(new Worker(dying, { eval: true }), { faults: new FaultLog(logger) })
  const writes = [writer.write({ kind: 'settleHints', ids: [] }), writer.write({ kind: 'settleHints', ids: [] })]
  for (const write of writes) await expect(write).rejects.toMatchObject({ code: 'io' })
  await expect(writer.write({ kind: 'settleHints', ids: [] })).rejects.toMatchObject({ code: 'io' })
  await writer.close()
  expect(logger.lines.filter(({ event }) => event === 'store.writer_died')).toHaveLength(1)
})

function open(path: string, tuning = TUNING): Promise<NodeStore> {
  return openSqliteStore({ path, logger: silentLogger, tuning })
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'starling-store-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A file with that many messages of 2 kB, closed again. */
async function fill(path: string, count: number): Promise<void> {
  await using store = await open(path)
  const data = new Uint8Array(2048)
  await Promise.all(Array.from({ length: count }, (_, number) => store.put(storedMessage(number, { data }))))
}

/** As by other hands. */
function change(path: string, sql: string): void {
  using db = new DatabaseSync(path)
  db.exec(sql)
}

/** Runs a process that puts messages, 16 at a time, and kills it when it has reported `count`: the numbers acknowledged. */
async function putUntilKilled(path: string, count: number): Promise<number[]> {
  const program = `
    const { openSqliteStore } = await import(${JSON.stringify(new URL('./sqlite-store.ts', import.meta.url))})
    const { storedMessage } = await import(${JSON.stringify(new URL('../storage/store-fixture.suite.ts', import.meta.url))})
    const store = await openSqliteStore({ path: ${JSON.stringify(path)}, logger: {}, tuning: { maxBytes: 0, groupDelay: 1 } })
    let next = 0
    const lane = async () => {
      for (;;) {
        const number = next++
        await store.put(storedMessage(number, { data: new Uint8Array(2048) }))
        process.stdout.write(number + '\\n')
      }
    }
    for (let i = 0; i < 16; i++) void lane()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
    if (output.split('\n').length > count) child.kill('SIGKILL')
  })
  const [, signal] = await once(child, 'close')
  expect(signal).toBe('SIGKILL')
  return output.split('\n').slice(0, -1).map(Number)
}
